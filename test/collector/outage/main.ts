/** The long run: `npm run prove:outage`, with `-- --down SECONDS` and `-- --other SECONDS`. Fails when anything was lost, came twice, or still waits at the end. */
import { parseArgs } from 'node:util'
import { outages, runOutages } from './outage.js'

const { values } = parseArgs({ options: { down: { type: 'string', default: '60' }, other: { type: 'string', default: '15' } } })
const series = outages({ down: Number(values.down), other: Number(values.other) })

for (const spool of ['sqlite', 'none'] as const) {
  console.log(`\nspool: ${spool}`)
  const { lost, twice, altered, staleCustomers, wrongAnswers, waiting, ...result } = await runOutages(spool, series, (line) => console.log(`  ${line}`))
  const faults = [...lost, ...twice, ...altered, ...staleCustomers, ...wrongAnswers]
  console.log(`  accepted ${result.accepted}, lost ${lost.length}, twice ${twice.length}, altered ${altered.length}, stale customers ${staleCustomers.length}${waiting.length === 0 ? '' : `; still waiting in the spool ${waiting.length}`}`)
  console.log(`  bodies ${result.bodies}, of which answered otherwise than with 200 and sent again ${result.failed}; records that arrived ${result.arrived}; requests that followed a redirect ${result.strayed}`)
  if (faults.length === 0 && waiting.length === 0 && result.strayed === 0 && result.exit === 0) continue
  console.error({ faults: faults.slice(0, 20), waiting: waiting.slice(0, 20), strayed: result.strayed, exit: result.exit })
  process.exitCode = 1
}
