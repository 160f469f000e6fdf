/**
 * `npm test`: installs and builds what is missing, then runs the unit tests, the collector's tests over real HTTP, the
 * tests in a real Chrome or Chromium, and the fault suite in it. What was counted is left in .cache/counts/.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { prepare } from './prepare.mjs'

const SUITES = ['browser logic', 'server', 'browser']
const counts = '.cache/counts'

const node = (...args) => spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status

/** Runs a suite and reads the counts that it leaves: one failure where there are none, or where it fails though none of its tests did. */
function run(name, ...args) {
  const status = node(...args)
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, ...own } = JSON.parse(readFileSync(`${counts}/${name}.json`, 'utf8'))
    // In Jest's, a file that could not even be loaded is one failure.
    const { passed = numPassedTests, failed = numFailedTests + numRuntimeErrorTestSuites } = own
    return { passed, failed: failed || Number(status !== 0) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

prepare({ forTests: true })
if (node('scripts/run-ts.mjs', 'test/engines/check.ts') !== 0) process.exit(1)
rmSync(counts, { recursive: true, force: true })
mkdirSync(counts, { recursive: true })

const jest = run(
  'jest',
  'node_modules/jest/bin/jest.js',
  ...['--selectProjects', ...SUITES],
  `--maxWorkers=${Math.min(4, availableParallelism())}`,
  ...['--json', '--outputFile', `${counts}/jest.json`],
  ...process.argv.slice(2),
)

console.log('\nThe fault suite, in Chromium:')
const faults = run('faults', 'scripts/run-ts.mjs', 'test/faults/run.ts', '--short', '--json', `${counts}/faults.json`)

const failed = jest.failed + faults.failed
console.log(`\nTests: ${jest.passed} passed, ${jest.failed} failed. Faults: ${faults.passed} without loss, ${faults.failed} with.`)
process.exitCode = failed > 0 ? 1 : 0
