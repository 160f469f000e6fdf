/** The directions in which imports may run. A rule's name is what the check prints when it is broken. */
const TESTS = '\\.test\\.ts$|/testing/'

/** `room` may import from itself, from `allowed`, and from packages. */
const room = (name, allowed) => ({
  name: `${name}-imports-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: TESTS },
  to: { path: '^src/', pathNot: [`^src/(${[name, ...allowed].join('|')})/`, '^src/version\\.ts$'] },
})

module.exports = {
  forbidden: [
    room('wire', []),
    room('mapping', ['wire']),
    room('beacon', ['wire']),
    room('collector', ['wire']),
    room('sandbox', ['wire']),
    room('plugin', ['mapping', 'beacon', 'wire']),
    {
      name: 'rooms-are-entered-by-the-door',
      comment: 'From outside, mapping and beacon are their index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)', pathNot: TESTS },
      to: { path: '^src/(mapping|beacon)/', pathNot: ['/index\\.ts$', '^src/$1/'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'browser-code-uses-no-node',
      severity: 'error',
      from: { path: '^src/(index|cdn)\\.ts$|^src/(wire|mapping|beacon|plugin)/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'collector-is-web-standard',
      comment: 'Only the server and the spools are for Node alone.',
      severity: 'error',
      from: { path: '^src/collector/', pathNot: ['^src/collector/(server|spool)/', TESTS] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'public-faces-only',
      comment: 'Examples, the playground and the benches use what a stranger would.',
      severity: 'error',
      from: { path: '^(playground|examples|bench)/' },
      to: { path: '^src/', pathNot: '/index\\.ts$' },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
