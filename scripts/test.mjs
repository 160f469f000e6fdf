/**
 * `npm test`: installs and builds what is missing, then runs the unit tests, the collector's tests over real HTTP, the
 * tests in a real Chrome or Chromium, and the fault suite in it. What was counted is left in .cache/counts/.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { prepare } from './prepare.mjs'

const SUITES = ['browser logic', 'server', 'browser']
const counts = '.cache/counts'

const node = (...args) => spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status

/** Jest's own counts; a file that could not even be loaded is one failure. */
function countJest(file) {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites }
}

/** The counts that a suite has left; one failure where it ended before it could. */
function countOf(name, read) {
  try {
    const { passed, failed } = read(`${counts}/${name}.json`)
    return { passed, failed }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

prepare({ forTests: true })
if (node('scripts/run-ts.mjs', 'test/engines/check.ts') !== 0) process.exit(1)
rmSync(counts, { recursive: true, force: true })
mkdirSync(counts, { recursive: true })

node(
  'node_modules/jest/bin/jest.js',
  ...['--selectProjects', ...SUITES],
  `--maxWorkers=${Math.min(4, availableParallelism())}`,
  ...['--json', '--outputFile', `${counts}/jest.json`],
  ...process.argv.slice(2),
)
const jest = countOf('jest', countJest)
writeFileSync(`${counts}/jest.json`, JSON.stringify(jest))

console.log('\nThe fault suite, in Chromium:')
node('scripts/run-ts.mjs', 'test/faults/run.ts', '--short', '--json', `${counts}/faults.json`)
const faults = countOf('faults', (file) => JSON.parse(readFileSync(file, 'utf8')))
writeFileSync(`${counts}/faults.json`, JSON.stringify(faults))

const failed = jest.failed + faults.failed
console.log(`\nTests: ${jest.passed} passed, ${jest.failed} failed. Faults: ${faults.passed} without loss, ${faults.failed} with.`)
process.exitCode = failed > 0 ? 1 : 0
