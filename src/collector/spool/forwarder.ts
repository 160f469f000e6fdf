import { MAX_INGEST_RECORDS } from '../amberflo/client.js'
import { describeFailure } from '../failure.js'
import { createAttempt } from './attempt.js'
import type { AttemptOptions } from './attempt.js'
import { createPause } from './pause.js'

/** What comes within this after a first item goes along with it. */
const LINGER_MS = 20
/** What was put off, or left behind by another collector, is looked for so often. */
const POLL_MS = 1_000
/** Leases in hand at once while all is well; one after a failure, until Amberflo can be reached again. */
const MAX_WORKERS = 4

export interface Forwarder {
  /** Something was appended. */
  wake(): void
  /** Leases nothing more, and resolves when the attempts in hand are over. */
  close(): Promise<void>
}

/**
 * Brings what the spool holds to Amberflo. Each item is sent until Amberflo has it, with the same bytes each
 * time: a crash between Amberflo's answer and `ack`, or a lease that ends during an attempt, sends it once
 * more, and Amberflo discards the duplicate.
 */
export function createForwarder(options: AttemptOptions): Forwarder {
  const { spool, observe } = options
  const attempt = createAttempt({ ...options, follow })
  const pause = createPause(options.random)
  const workers = new Set<Promise<void>>()
  /** Customers that are on their way and hold no worker. */
  const behind = new Set<Promise<unknown>>()
  let lingering: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function tellFailure(error: unknown) {
    observe({ type: 'alarm', alarm: 'spool_failed', detail: describeFailure(error) })
    pause.begin()
  }

  function follow(customers: Promise<unknown>) {
    const followed = customers.catch(tellFailure).finally(() => behind.delete(followed))
    behind.add(followed)
  }

  async function work() {
    while (!closed && !pause.isOn()) {
      const leaseEndsAt = performance.now() + spool.leaseMs
      const items = await spool.lease(MAX_INGEST_RECORDS)
      const isBacklog = items.length === MAX_INGEST_RECORDS
      if (isBacklog) start()
      if (items.length > 0) {
        const { reached, retryAfterMs } = await attempt(items, leaseEndsAt)
        // Customers have a pause of their own.
        if (items.some(({ kind }) => kind === 'record')) {
          if (reached) pause.end()
          else pause.begin(retryAfterMs)
        }
      }
      // What came meanwhile has called for itself, and gathers for a while; but a customer may have waited for its turn.
      if (!isBacklog && items.every(({ kind }) => kind === 'record')) return
    }
  }

  function start() {
    if (closed || pause.isOn() || workers.size >= (pause.isTrial() ? 1 : MAX_WORKERS)) return
    const worker = work()
      .catch(tellFailure)
      .finally(() => workers.delete(worker))
    workers.add(worker)
  }

  const poll = setInterval(start, POLL_MS)
  ;(poll as { unref?: () => void }).unref?.()
  start()

  return {
    wake() {
      lingering ??= setTimeout(() => {
        lingering = undefined
        start()
      }, LINGER_MS)
    },
    async close() {
      closed = true
      clearInterval(poll)
      clearTimeout(lingering)
      await Promise.all(workers)
      await Promise.all(behind)
    },
  }
}
