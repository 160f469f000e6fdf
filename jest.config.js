/** One project per kind of environment: logic in jsdom, servers and browsers from Node. */
const shared = {
  transform: {
    '^.+\\.(t|j)s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // jose ships ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
}

export default {
  projects: [
    {
      ...shared,
      displayName: 'browser logic',
      testEnvironment: 'jsdom',
      setupFiles: ['<rootDir>/test/jsdom-setup.ts'],
      testMatch: ['<rootDir>/src/{mapping,beacon,plugin}/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'server',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/src/{wire,collector,sandbox}/**/*.test.ts', '<rootDir>/test/{collector,build}/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'browser',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/{engines,e2e,package}/**/*.test.ts'],
    },
  ],
}
