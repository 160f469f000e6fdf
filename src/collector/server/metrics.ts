import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { alarms as kindsOfAlarm, type CollectorEvent } from '../events.js'
import type { SpoolStats } from '../spool/spool.js'

export interface Metrics {
  observe(event: CollectorEvent): void
  /** The Prometheus text. */
  read(): Promise<{ contentType: string; text: string }>
}

/** Counts what happens. No label names a customer: metrics travel far, and a label per customer would never stop growing. */
export function createMetrics(spoolStats: (() => Promise<SpoolStats>) | null, now: () => number = Date.now): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, labelNames: string[] = []) => new Counter({ name: `amberflo_collector_${name}`, help, labelNames, registers })

  const accepted = counter('accepted_total', 'Records and customers taken for the first time')
  const duplicates = counter('duplicates_total', 'Records that had been taken before')
  const rejected = counter('rejected_total', 'Items rejected alone', ['reason'])
  const refused = counter('refused_total', 'Requests refused as a whole', ['status', 'error'])
  const alarms = counter('alarms_total', 'What a person should look at', ['alarm'])
  // A series that begins with its first alarm shows no increase.
  for (const alarm of Object.keys(kindsOfAlarm)) alarms.inc({ alarm }, 0)
  const upstream = new Histogram({
    name: 'amberflo_collector_upstream_seconds',
    help: 'Time of the requests to Amberflo; status 0 is no answer',
    labelNames: ['method', 'path', 'status'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const readBacklog = spoolStats && createBacklog(registry, spoolStats, now)

  return {
    observe(event) {
      switch (event.type) {
        case 'taken':
          accepted.inc(event.accepted)
          return event.duplicates > 0 ? duplicates.inc(event.duplicates) : undefined
        case 'rejected':
          return rejected.inc({ reason: event.reason }, event.count)
        case 'refused':
          return refused.inc({ status: event.status, error: event.error })
        case 'upstream':
          return upstream.observe({ method: event.method, path: event.path, status: event.status }, event.ms / 1000)
        case 'alarm':
          return alarms.inc({ alarm: event.alarm })
      }
    },
    async read() {
      await readBacklog?.()
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

/** Gives a function that asks the spool; when it cannot answer, its numbers stay as they were and it is not up. */
function createBacklog(registry: Registry, spoolStats: () => Promise<SpoolStats>, now: () => number) {
  const gauge = (name: string, help: string) => new Gauge({ name: `amberflo_collector_${name}`, help, registers: [registry] })
  const up = gauge('spool_up', '1 when the spool answers')
  const items = gauge('backlog_items', 'Items that Amberflo has not got yet')
  const bytes = gauge('backlog_bytes', 'Bytes of JSON that the spool holds, dead letters included')
  const age = gauge('backlog_age_seconds', 'Age of the oldest of the backlog')
  const dead = gauge('dead_letters', 'Items that Amberflo refused for good')

  return async () => {
    const stats = await spoolStats().catch(() => null)
    up.set(stats ? 1 : 0)
    if (!stats) return
    items.set(stats.waiting)
    bytes.set(stats.bytes)
    dead.set(stats.dead)
    age.set(stats.oldestAt === null ? 0 : Math.max(0, now() - stats.oldestAt) / 1000)
  }
}
