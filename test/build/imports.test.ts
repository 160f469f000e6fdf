import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
let tree: string

const write = async (files: Record<string, string>) => {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, file)), { recursive: true })
    await writeFile(join(tree, file), text)
  }
}

/** What the check complains of in a tree that holds a file of each room, and what is planted. */
const check = async (planted: Record<string, string>): Promise<string[]> => {
  await write(planted)
  const cruiser = join(tree, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const { stdout } = await run(process.execPath, [cruiser, ...new Set(['src', ...Object.keys(planted).map((file) => file.split('/')[0]!)]), '--config', '.dependency-cruiser.cjs', '--output-type', 'json'], {
    cwd: tree,
    maxBuffer: 1 << 24,
  }).catch((error) => error)
  return JSON.parse(stdout).summary.violations.map(({ rule }: { rule: { name: string } }) => rule.name)
}

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'imports-'))
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) await cp(file, join(tree, file))
  await symlink(join(process.cwd(), 'node_modules'), join(tree, 'node_modules'))
  await write(
    Object.fromEntries(['wire', 'mapping', 'beacon', 'plugin', 'collector', 'sandbox'].map((room) => [`src/${room}/index.ts`, 'export const x = 1\n'])),
  )
})
afterEach(() => rm(tree, { recursive: true, force: true }))

it('finds nothing where all imports run the right way', async () => {
  expect(
    await check({
      'src/plugin/a.ts': "import '../mapping/index.js'\nimport '../beacon/index.js'\nimport '../wire/index.js'\n",
      'src/collector/server/a.ts': "import 'node:fs'\n",
      'src/mapping/a.test.ts': "import 'node:fs'\n",
    }),
  ).toEqual([])
})

it.each([
  ['beacon-imports-only-wire', 'src/beacon/a.ts', '../mapping/index.js'],
  ['mapping-imports-only-wire', 'src/mapping/a.ts', '../plugin/index.js'],
  ['collector-imports-only-wire', 'src/collector/a.ts', '../sandbox/index.js'],
  ['sandbox-imports-only-wire', 'src/sandbox/a.ts', '../collector/index.js'],
  ['plugin-imports-only-mapping-beacon-wire', 'src/plugin/a.ts', '../collector/index.js'],
  ['wire-imports-only-itself', 'src/wire/a.ts', '../beacon/index.js'],
  ['browser-code-uses-no-node', 'src/beacon/a.ts', 'node:fs'],
  ['collector-is-web-standard', 'src/collector/a.ts', 'node:crypto'],
  ['nothing-unresolved', 'src/wire/a.ts', './missing.js'],
])('%s', async (rule, file, target) => {
  expect(await check({ [file]: `import '${target}'\n` })).toEqual([rule])
})

it('types count as imports too', async () => {
  expect(await check({ 'src/beacon/a.ts': "import type { x } from '../mapping/index.js'\nexport type Y = typeof x\n" })).toEqual(['beacon-imports-only-wire'])
})

it('no-cycles', async () => {
  const planted = { 'src/wire/a.ts': "import './b.js'\nexport {}\n", 'src/wire/b.ts': "import './a.js'\nexport {}\n" }
  expect(new Set(await check(planted))).toEqual(new Set(['no-cycles']))
})

it('rooms-are-entered-by-the-door', async () => {
  const planted = { 'src/mapping/inner.ts': 'export {}\n', 'src/plugin/a.ts': "import '../mapping/inner.js'\n" }
  expect(await check(planted)).toEqual(['rooms-are-entered-by-the-door'])
})

it.each(['playground', 'examples', 'bench'])('public-faces-only: %s', async (room) => {
  const planted = { 'src/collector/node.ts': 'export const x = 1\n', [`${room}/a.mjs`]: "import '../src/collector/node.js'\nimport '../src/collector/index.js'\n" }
  expect(await check(planted)).toEqual(['public-faces-only'])
})

it('no-tests-in-the-product', async () => {
  const planted = { 'src/wire/testing/fake.ts': 'export {}\n', 'src/wire/a.ts': "import './testing/fake.js'\n" }
  expect(await check(planted)).toEqual(['no-tests-in-the-product'])
})
