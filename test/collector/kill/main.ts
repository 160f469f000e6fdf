/** The long run: `npm run prove:kill`, with `-- --kills N` and `-- --only sqlite`. Fails when anything was lost or came twice. */
import { parseArgs } from 'node:util'
import { runKills } from './kill.js'
import type { KillScenario } from './kill.js'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' }, only: { type: 'string', default: '' } } })
const kills = Number(values.kills)

const scenarios: KillScenario[] = [
  { name: 'sqlite, its collector killed', spool: 'sqlite', collectors: 1, victim: 'collector', kills },
  { name: 'redis, its collector killed', spool: 'redis', collectors: 1, victim: 'collector', kills },
  { name: 'redis, one of three collectors killed', spool: 'redis', collectors: 3, victim: 'collector', kills },
  { name: 'redis, Redis itself killed', spool: 'redis', collectors: 2, victim: 'redis', kills: Math.ceil(kills / 4) },
]

console.log('| What | Kills | Accepted | Lost | Twice | Altered | Stale customers | Bodies sent again | Arrived | Seconds |')
console.log('|---|---|---|---|---|---|---|---|---|---|')
for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
  const result = await runKills(scenario)
  const { lost, twice, altered, staleCustomers, wrongAnswers, exits } = result
  const cells = [scenario.name, result.kills, result.accepted, lost.length, twice.length, altered.length, staleCustomers.length, result.failed, result.arrived, result.seconds]
  console.log(`| ${cells.join(' | ')} |`)
  const faults = [...lost, ...twice, ...altered, ...staleCustomers, ...wrongAnswers]
  if (faults.length === 0 && exits.every((code) => code === 0)) continue
  console.error({ faults: faults.slice(0, 20), exits })
  process.exitCode = 1
}
