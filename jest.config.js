import { standIns } from './scripts/stand-ins.mjs'

/** One project per kind of environment: logic in jsdom, servers and browsers from Node. */
const shared = {
  transform: {
    '^.+\\.(t|j)s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // jose ships ES modules only, and of Segment's packages those are what browsers get.
  transformIgnorePatterns: ['/node_modules/(?!(jose|@segment/(browser-destination-runtime|actions-core|destination-subscriptions))/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    ...Object.fromEntries(Object.entries(standIns).map(([name, file]) => [`^${name}$`, `<rootDir>/${file}`])),
  },
}

export default {
  // Machines that do other work besides take their time.
  testTimeout: 30_000,
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
      testMatch: ['<rootDir>/src/{wire,collector,sandbox}/**/*.test.ts', '<rootDir>/test/{collector,build,faults}/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'browser',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/{engines,e2e}/**/*.test.ts'],
    },
    {
      ...shared,
      // Installs from npm's registry; apart from the rest, as that takes minutes.
      displayName: 'package',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/package/**/*.test.ts'],
    },
  ],
}
