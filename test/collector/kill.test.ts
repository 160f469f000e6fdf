import { runKills } from './kill/kill.js'
import type { KillScenario } from './kill/kill.js'
import { innocent } from './support/verdict.js'

/** A few kills of each kind; `npm run prove:kill` is the whole proof. */
test.concurrent.each<KillScenario>([
  { name: 'the only collector on sqlite', spool: 'sqlite', collectors: 1, victim: 'collector', kills: 4 },
  { name: 'one of three collectors on redis', spool: 'redis', collectors: 3, victim: 'collector', kills: 4 },
  { name: 'redis itself', spool: 'redis', collectors: 1, victim: 'redis', kills: 2 },
])('$name is killed under load, and nothing is lost or doubled', async (scenario) => {
  const result = await runKills(scenario)
  expect(result).toMatchObject(innocent)
  expect(result.accepted).toBeGreaterThan(scenario.kills)
  expect(result.exits).toEqual(Array(scenario.collectors).fill(0))
}, 90_000)
