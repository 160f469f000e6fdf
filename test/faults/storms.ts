/**
 * `npm run prove:storms -- [--engine chromium,firefox,webkit] [--count N] [--seed FIRST] [--plain] [--json FILE]`: plays N
 * storms in each engine, each given by its seed, and tells which of them lost something or had it metered twice. `--plain`
 * tries a beacon without storage and receipts instead.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Where } from '../e2e/support/site.js'
import { askedEngines } from '../engines/asked.js'
import type { EngineName } from '../engines/index.js'
import { isBad, type Outcome } from './outcome.js'
import { play } from './scene.js'
import { storm } from './storm.js'

/** Each has a browser of its own. */
const AT_ONCE = 3

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'chromium' },
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    plain: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const engines = askedEngines(options.engine)

async function playStorm(engine: EngineName, seed: number): Promise<Outcome & { steps: string[] }> {
  const steps: string[] = []
  const where: Where = seed % 2 ? 'same origin' : 'cross origin'
  const fault = storm(seed, (step) => steps.push(step))
  const outcome = await play(fault, {
    engine,
    where,
    short: false,
    plain: options.plain,
    shared: () => Promise.reject(new Error('a storm has a browser of its own')),
    // A browser that does not even start fails its own storm, and no other.
  }).catch((error: unknown) => ({ fault: fault.name, engine, where, tracked: 0, arrived: 0, doubled: 0, requests: 0, problem: String(error) }))
  return { ...outcome, steps }
}

async function inEngine(engine: EngineName): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const seeds = Array.from({ length: Number(options.count) }, (_, index) => Number(options.seed) + index)
  const worker = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const started = Date.now()
      const outcome = await playStorm(engine, seed)
      outcomes.push(outcome)
      const { tracked, arrived, doubled, requests, steps, problem } = outcome
      const seconds = ((Date.now() - started) / 1000).toFixed(0)
      console.error(`${isBad(outcome) ? '✗' : '✓'} ${engine}, storm ${seed} (${seconds} s): ${tracked} tracked, ${arrived} arrived, ${doubled} twice, ${requests} requests`)
      if (isBad(outcome)) console.error(`  ${steps.join(' · ')}\n  ${problem ?? ''}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return outcomes
}

const outcomes: Outcome[] = []
console.log('| Engine | Storms | Events tracked | Arrived | Metered twice | Requests |\n| --- | --: | --: | --: | --: | --: |')
for (const engine of engines) {
  const its = await inEngine(engine)
  outcomes.push(...its)
  const sum = (key: 'tracked' | 'arrived' | 'doubled' | 'requests'): string => its.reduce((total, outcome) => total + outcome[key], 0).toLocaleString('en-US')
  console.log(`| ${engine} | ${its.length} | ${sum('tracked')} | ${sum('arrived')} | ${sum('doubled')} | ${sum('requests')} |`)
}
const failed = outcomes.filter(isBad).length
const passed = outcomes.length - failed
console.log(`\n${passed} of ${outcomes.length} storms without loss or double`)
if (options.json) writeFileSync(options.json, JSON.stringify({ passed, failed }))
process.exitCode = failed ? 1 : 0
