import type { CollectorEvent } from '../events.js'
import { inTime } from '../in-time.js'
import type { SpoolStats } from '../spool/spool.js'

/** A request to Amberflo, or a write to the spool, that failed so long ago says nothing of now. */
const RECENT_MS = 10_000
/** A backlog older than this is worth a person's look. */
const OLD_BACKLOG_MS = 5 * 60 * 1000
const SPOOL_ANSWERS_MS = 2_000

/** `failing` alone makes the collector not ready. */
type State = 'ok' | 'degraded' | 'failing'

export interface Readiness {
  ready: boolean
  /** `none` where there is no spool. */
  spool: State | 'none'
  upstream: State
  backlogAgeSeconds: number
  draining: boolean
}

/**
 * Whether traffic should come here. With a spool an outage of Amberflo degrades, because usage is still
 * kept safe; without one nothing can be taken while it lasts.
 */
export function createHealth(spoolStats: (() => Promise<SpoolStats>) | null, now: () => number = Date.now) {
  let failedAt = Number.NEGATIVE_INFINITY
  let spoolFailedAt = Number.NEGATIVE_INFINITY
  let draining = false
  const isRecent = (at: number) => now() - at < RECENT_MS

  return {
    observe(event: CollectorEvent) {
      if (event.type === 'taken') spoolFailedAt = Number.NEGATIVE_INFINITY
      if (event.type === 'alarm' && event.alarm === 'spool_failed') spoolFailedAt = now()
      if (event.type === 'upstream') failedAt = event.status === 0 || event.status >= 500 ? now() : Number.NEGATIVE_INFINITY
      // It answers, but takes nothing. The alarm comes after the answer that it is about.
      if (event.type === 'alarm' && (event.alarm === 'wrong_key' || event.alarm === 'wrong_url')) failedAt = now()
    },
    startDraining() {
      draining = true
    },
    async read(): Promise<Readiness> {
      const stats = spoolStats ? await inTime(spoolStats(), SPOOL_ANSWERS_MS).catch(() => null) : undefined
      const ageMs = stats?.oldestAt ? Math.max(0, now() - stats.oldestAt) : 0
      const spool = stats === undefined ? 'none' : stats === null || isRecent(spoolFailedAt) ? 'failing' : ageMs > OLD_BACKLOG_MS ? 'degraded' : 'ok'
      const down: State = spoolStats ? 'degraded' : 'failing'
      const upstream = isRecent(failedAt) ? down : 'ok'
      const ready = spool !== 'failing' && upstream !== 'failing' && !draining
      return { ready, spool, upstream, backlogAgeSeconds: Math.round(ageMs / 1000), draining }
    },
  }
}
