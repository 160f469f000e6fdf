import type { CollectorEvent } from '../events.js'
import type { SpoolStats } from '../spool/spool.js'
import { createHealth } from './health.js'

const upstream = (status: number): CollectorEvent => ({ type: 'upstream', method: 'POST', path: '/ingest', status, ms: 5 })
const alarm = (name: 'wrong_key' | 'wrong_url'): CollectorEvent => ({ type: 'alarm', alarm: name, detail: {} })
const empty: SpoolStats = { waiting: 0, bytes: 0, dead: 0, oldestAt: null }

let time: number
beforeEach(() => {
  time = 1_000_000
})
const direct = () => createHealth(null, () => time)
const spooled = (stats: () => Promise<SpoolStats>) => createHealth(stats, () => time)

it('is ready before anything happened', async () => {
  expect(await direct().read()).toEqual({ ready: true, spool: 'none', upstream: 'ok', backlogAgeSeconds: 0, draining: false })
})

it.each<[number, CollectorEvent[]]>([
  [0, []], [500, []], [503, []],
  [401, [alarm('wrong_key')]], [403, [alarm('wrong_key')]],
  [301, [alarm('wrong_url')]], [404, [alarm('wrong_url')]], [405, [alarm('wrong_url')]],
])('is not ready without a spool for a while after Amberflo answered %i, or until it answers well', async (status, alarms) => {
  const health = direct()
  for (const event of [upstream(status), ...alarms]) health.observe(event)
  expect(await health.read()).toMatchObject({ ready: false, upstream: 'failing' })
  time += 10_000
  expect(await health.read()).toMatchObject({ ready: true, upstream: 'ok' })
  for (const event of [upstream(status), ...alarms]) health.observe(event)
  health.observe(upstream(200))
  expect(await health.read()).toMatchObject({ ready: true, upstream: 'ok' })
})

// Asked for a customer whom it does not have, it answers 404.
it.each([200, 400, 404, 429])('takes an Amberflo that answers %i for one that is there', async (status) => {
  const health = direct()
  health.observe(upstream(status))
  expect((await health.read()).ready).toBe(true)
})

it('stays ready with a spool while Amberflo is away', async () => {
  const health = spooled(async () => ({ ...empty, waiting: 1, oldestAt: time - 301_000 }))
  health.observe(upstream(503))
  expect(await health.read()).toEqual({ ready: true, spool: 'degraded', upstream: 'degraded', backlogAgeSeconds: 301, draining: false })
})

it('is not ready when the spool fails, or does not answer', async () => {
  expect(await spooled(() => Promise.reject(new Error('disk'))).read()).toMatchObject({ ready: false, spool: 'failing' })
  expect(await spooled(() => new Promise(() => undefined)).read()).toMatchObject({ ready: false, spool: 'failing' })
})

it('is not ready for a while after the spool could not be written, or until it can be', async () => {
  const health = spooled(async () => empty)
  const failed: CollectorEvent = { type: 'alarm', alarm: 'spool_failed', detail: {} }
  health.observe(failed)
  expect(await health.read()).toMatchObject({ ready: false, spool: 'failing' })
  time += 10_000
  expect(await health.read()).toMatchObject({ ready: true, spool: 'ok' })
  health.observe(failed)
  health.observe({ type: 'taken', accepted: 1, duplicates: 0 })
  expect(await health.read()).toMatchObject({ ready: true, spool: 'ok' })
})

it('is not ready while it drains', async () => {
  const health = spooled(async () => empty)
  health.startDraining()
  expect(await health.read()).toMatchObject({ ready: false, draining: true, spool: 'ok' })
})
