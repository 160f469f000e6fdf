/**
 * `npm run faults -- [--engine chromium,firefox,webkit] [--fault NAME] [--short] [--plain] [--write] [--json FILE]`:
 * does each fault in each engine, with the collector at the page's origin and at another, and prints one table.
 * `--short` has shorter outages and fewer rounds; `--plain` tries a beacon without storage and receipts instead;
 * `--write` puts the table into docs/reliability.md. `FAULTS_LOG=1` adds each request to what went wrong.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { askedEngines } from '../engines/asked.js'
import { launch, type Browser, type EngineName } from '../engines/index.js'
import type { Where } from '../e2e/support/site.js'
import type { Fault } from './fault.js'
import { faults } from './faults.js'
import { isBad, type Outcome } from './outcome.js'
import { descriptions, states, writePart } from './reliability.js'
import { play } from './scene.js'
import { tableOf } from './table.js'

/** Most of a fault's time is spent waiting, so many can be under way on few cores. */
const AT_ONCE = 6

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'chromium' },
    fault: { type: 'string' },
    short: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

function chosenFaults(): Fault[] {
  const chosen = faults.filter(({ name }) => !options.fault || name.includes(options.fault))
  if (chosen.length === 0) throw new Error(`no fault is named ${options.fault}; there are: ${faults.map(({ name }) => name).join(', ')}`)
  return chosen
}

/** A browser of its own is started anew for each place, and what it shows does not depend on the place. */
const placesOf = ({ own }: Fault): Where[] => (own ? ['cross origin'] : ['same origin', 'cross origin'])

async function inEngine(engine: EngineName, onOutcome: (outcome: Outcome) => void): Promise<{ engine: EngineName; version: string }> {
  const browser = await launch(engine)
  const shared = (): Promise<Browser> => Promise.resolve(browser)
  const waiting = chosenFaults().flatMap((fault) => placesOf(fault).map((where) => ({ fault, where })))
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const started = Date.now()
      const outcome = await play(job.fault, { engine, where: job.where, short: options.short, plain: options.plain, shared })
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      console.error(`${isBad(outcome) ? '✗' : '✓'} ${engine}, ${job.where}: ${job.fault.name} (${seconds} s)${outcome.notApplicable ? `: n/a, ${outcome.notApplicable}` : ''}`)
      onOutcome(outcome)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  } finally {
    await browser.close()
  }
  return { engine, version: browser.version }
}

const outcomes: Outcome[] = []
const engines: { engine: EngineName; version: string }[] = []
for (const engine of askedEngines(options.engine)) engines.push(await inEngine(engine, (outcome) => outcomes.push(outcome)))

const order = faults.map(({ name }) => name)
outcomes.sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault))
const table = tableOf(outcomes, engines)
console.log(`tracked / arrived / metered twice / requests\n\n${table}\n`)
const bad = outcomes.filter(isBad)
for (const { engine, where, fault, problem, tracked, arrived, doubled } of bad) {
  console.log(`✗ ${engine}, ${where}: ${fault}: ${tracked} tracked, ${arrived} arrived, ${doubled} twice\n  ${problem ?? ''}`)
}
const tried = outcomes.filter(({ notApplicable }) => notApplicable === undefined)
console.log(`${tried.length - bad.length} of ${tried.length} without loss or double`)
if (options.json) writeFileSync(options.json, JSON.stringify({ passed: tried.length - bad.length, failed: bad.length, outcomes }, null, 2))
if (options.write) {
  writePart(options.plain ? 'plain' : 'faults', table)
  writePart('descriptions', descriptions())
  writePart('states', states())
}
process.exitCode = bad.length > 0 ? 1 : 0
