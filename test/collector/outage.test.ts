import { outages, runOutages } from './outage/outage.js'
import { innocent } from './support/verdict.js'

/** Each kind of outage, shortly; `npm run prove:outage` is the whole proof. */
test.concurrent.each(['sqlite', 'none'] as const)('through every kind of outage nothing is lost, doubled or led astray (spool: %s)', async (spool) => {
  const result = await runOutages(spool, outages({ down: 3, other: 2 }))
  expect(result).toMatchObject({ ...innocent, waiting: [], strayed: 0, exit: 0 })
  expect(result.accepted).toBeGreaterThan(100)
  // A cut answer makes the collector, or with it the visitor, send again what had arrived: the sandbox discards it.
  expect(result.arrived).toBeGreaterThan(result.accepted)
}, 120_000)
