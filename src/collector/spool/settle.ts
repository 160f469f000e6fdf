import type { Observe } from '../events.js'
import { createMemory } from '../memory.js'
import type { Leased, Spool } from './spool.js'

/** Amberflo's own guidance: at least two attempts later than 20 s before anything is given up. */
const PATIENCE = { attempts: 2, ms: 20_000 }

const FIRST_DELAY_MS = 1_000

/** How many refused items are remembered, and for how long at least. */
const REFUSALS = { max: 100_000, ttlMs: 10 * 60 * 1000 }
/** One that is forgotten, or meets another collector each time, does not go round for ever: so many attempts are enough, whatever they met. */
const MAX_ATTEMPTS = 100

export interface SettleOptions {
  spool: Spool
  observe: Observe
  now?: () => number
  random?: () => number
  patience?: typeof PATIENCE
}

/** Whether Amberflo could be reached; how long it asked to be left alone. */
export interface Attempted {
  reached: boolean
  retryAfterMs?: number
}

/** What becomes of an item that Amberflo did not take. */
export interface Settle {
  /** Amberflo refuses it alone: it is due again later, and dead when that has happened again and again. */
  refuse(item: Leased, status: number): Promise<void>
  /** Each is due again later, by its own past, so that one which alone makes trouble comes ever more seldom. */
  putOff(items: readonly Leased[], atLeastMs?: number): Promise<void>
}

export function createSettle({ spool, observe, now = Date.now, random = Math.random, patience = PATIENCE }: SettleOptions): Settle {
  // An item's own attempts count those too that met an outage, and say nothing of what Amberflo thinks of it.
  const refusals = createMemory<{ times: number; since: number }>({ ...REFUSALS, now })

  return {
    async refuse(item, status) {
      const { times, since } = refusals.get(item.lease) ?? { times: 0, since: now() }
      refusals.set(item.lease, { times: times + 1, since })
      if (item.attempts >= MAX_ATTEMPTS || (times >= patience.attempts && now() - since >= patience.attempts * patience.ms)) {
        observe({ type: 'alarm', alarm: 'upstream_refused', detail: { status } })
        return spool.dead([item], `status ${status}`)
      }
      return spool.retry([item], patience.ms * (1 + random() / 4))
    },
    async putOff(items, atLeastMs = 0) {
      for (const item of items) {
        const limit = Math.min(spool.leaseMs, FIRST_DELAY_MS * 2 ** item.attempts)
        await spool.retry([item], Math.max(atLeastMs, random() * limit))
      }
    },
  }
}
