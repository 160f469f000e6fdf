import { fuzz } from './fuzz/fuzz.js'

test('2,000 generated requests: no throw, no 5xx, no pollution, nothing bad upstream', async () => {
  const { statuses } = await fuzz(2000, 20_260_301)
  // Every room was entered: an attack that never gets past the door proves nothing.
  for (const status of [200, 204, 400, 401, 403, 405, 413]) expect(statuses).toHaveProperty(String(status))
  expect(statuses[200]).toBeGreaterThan(300)
}, 60_000)
