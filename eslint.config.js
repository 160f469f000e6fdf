import tseslint from 'typescript-eslint'

const sources = ['**/*.ts', '**/*.js', '**/*.mjs']

export default tseslint.config(
  { ignores: ['dist/', '.build-*/', '.cache/', 'coverage/', '**/node_modules/', '**/.next/', '**/*.min.js'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended.map((config) => ({ ...config, files: sources })),
  {
    files: sources,
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-implied-eval': 'error',
      semi: ['error', 'never'],
      quotes: ['error', 'single', { avoidEscape: true, allowTemplateLiterals: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    ignores: ['test/package/consumers/**'],
    languageOptions: { parserOptions: { projectService: true } },
    // A promise that nobody awaits is where usage gets lost, and in a test an expectation.
    rules: { '@typescript-eslint/no-floating-promises': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
    },
  },
  {
    // Node's types are there for the tests beside these files; what they declare is in no browser, and in no Worker.
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**', 'src/sandbox/**', 'src/collector/server/**', 'src/collector/spool/**'],
    rules: { 'no-restricted-globals': ['error', 'Buffer', 'process', 'global', 'require', '__dirname'] },
  },
)
