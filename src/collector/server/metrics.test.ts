import { alarms } from '../events.js'
import type { SpoolStats } from '../spool/spool.js'
import { createMetrics } from './metrics.js'

const lines = async (metrics: ReturnType<typeof createMetrics>) => (await metrics.read()).text.split('\n').filter((line) => line.startsWith('amberflo_collector_'))

it('counts what happens', async () => {
  const metrics = createMetrics(null)
  metrics.observe({ type: 'taken', accepted: 3, duplicates: 1 })
  metrics.observe({ type: 'taken', accepted: 2, duplicates: 0 })
  metrics.observe({ type: 'rejected', reason: 'too_old', count: 2 })
  metrics.observe({ type: 'refused', status: 429, error: 'customer_busy' })
  metrics.observe({ type: 'alarm', alarm: 'wrong_key', detail: { status: 401 } })
  metrics.observe({ type: 'upstream', method: 'POST', path: '/ingest', status: 200, ms: 30 })
  const read = await lines(metrics)
  expect(read).toEqual(expect.arrayContaining([
    'amberflo_collector_accepted_total 5',
    'amberflo_collector_duplicates_total 1',
    'amberflo_collector_rejected_total{reason="too_old"} 2',
    'amberflo_collector_refused_total{status="429",error="customer_busy"} 1',
    'amberflo_collector_alarms_total{alarm="wrong_key"} 1',
    'amberflo_collector_upstream_seconds_sum{method="POST",path="/ingest",status="200"} 0.03',
    'amberflo_collector_upstream_seconds_bucket{le="0.025",method="POST",path="/ingest",status="200"} 0',
    'amberflo_collector_upstream_seconds_bucket{le="0.05",method="POST",path="/ingest",status="200"} 1',
  ]))
  expect(read.filter((line) => /^amberflo_collector_(backlog|spool|dead)/.test(line))).toEqual([])
})

it('has each alarm from the start, so that the first is an increase', async () => {
  const zeros = Object.keys(alarms).map((alarm) => `amberflo_collector_alarms_total{alarm="${alarm}"} 0`)
  expect(await lines(createMetrics(null))).toEqual(expect.arrayContaining(zeros))
})

it('reads the backlog when it is asked, and says when the spool does not answer', async () => {
  let stats: SpoolStats | null = { waiting: 7, bytes: 800, dead: 2, oldestAt: 10_000 }
  const metrics = createMetrics(() => (stats ? Promise.resolve(stats) : Promise.reject(new Error('disk'))), () => 12_500)
  const known = ['amberflo_collector_backlog_items 7', 'amberflo_collector_backlog_bytes 800', 'amberflo_collector_backlog_age_seconds 2.5', 'amberflo_collector_dead_letters 2']
  expect(await lines(metrics)).toEqual(expect.arrayContaining([...known, 'amberflo_collector_spool_up 1']))
  stats = null
  expect(await lines(metrics)).toEqual(expect.arrayContaining([...known, 'amberflo_collector_spool_up 0']))
  stats = { waiting: 0, bytes: 0, dead: 0, oldestAt: null }
  expect(await lines(metrics)).toEqual(expect.arrayContaining(['amberflo_collector_backlog_age_seconds 0', 'amberflo_collector_spool_up 1']))
})

it('keeps two collectors of one process apart', async () => {
  const [one, other] = [createMetrics(null), createMetrics(null)]
  one.observe({ type: 'taken', accepted: 1, duplicates: 0 })
  expect(await lines(other)).toContain('amberflo_collector_accepted_total 0')
})
