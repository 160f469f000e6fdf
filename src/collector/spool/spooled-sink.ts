import type { AmberfloClient } from '../amberflo/client.js'
import type { Observe } from '../events.js'
import { NotNowError } from '../sink.js'
import type { Sink, SinkItem, Taken } from '../sink.js'
import { describeFailure } from '../failure.js'
import { createForwarder } from './forwarder.js'
import type { Forwarder } from './forwarder.js'
import { SpoolFullError } from './spool.js'
import type { Spool } from './spool.js'

export interface SpooledOptions {
  /** Called again after it failed. */
  openSpool: () => Promise<Spool>
  client: AmberfloClient
  observe: Observe
  now: () => number
}

/** So long nobody tries again to open a spool that could not be opened. */
const REOPEN_AFTER_MS = 1_000

/** What becomes of the items that are taken only if they are known. */
async function judge(spool: Spool, items: readonly SinkItem[]): Promise<Omit<Taken, 'accepted'>> {
  const late = items.filter((item) => item.unlessKnown !== undefined)
  const known = await spool.knows(late)
  const rejected = late.flatMap(({ id, unlessKnown = '' }, at) => (known[at] ? [] : [{ id, reason: unlessKnown }]))
  return { duplicates: late.length - rejected.length, rejected }
}

interface Opened {
  spool: Spool
  forwarder: Forwarder
}

/**
 * The way with a spool: a batch is taken when the spool has all of it. What the spool knows already stays as it
 * was first appended, so that a record that is sent again never changes.
 */
export function createSpooledSink({ openSpool, client, observe, now }: SpooledOptions): Sink {
  let opened: Promise<Opened> | null = null
  let spoolInUse: Spool | null = null
  let closed = false

  function open(): Promise<Opened> {
    if (opened) return opened
    const opening = openSpool().then((spool) => ({ spool, forwarder: createForwarder({ spool, client, observe, now }) }))
    opened = opening
    opening.catch((error: unknown) => {
      tellFailure(error)
      const again = setTimeout(() => {
        opened = null
        // What is in it must not wait for somebody to bring more.
        if (!closed) open().catch(() => undefined)
      }, REOPEN_AFTER_MS)
      ;(again as { unref?: () => void }).unref?.()
    })
    return opening
  }

  function tellFailure(error: unknown) {
    observe({ type: 'alarm', alarm: 'spool_failed', detail: describeFailure(error) })
  }

  // What an earlier process left behind goes out without waiting for the first batch.
  open().catch(() => undefined)

  return {
    async take(items) {
      const { spool, forwarder } = await open().catch(() => {
        throw new NotNowError('The collector’s spool cannot be opened at the moment.')
      })
      try {
        spoolInUse = spool
        const inTime = items.filter((item) => item.unlessKnown === undefined)
        const late = inTime.length < items.length ? await judge(spool, items) : { duplicates: 0, rejected: [] }
        const { duplicates } = await spool.append(inTime)
        forwarder.wake()
        return { accepted: inTime.length - duplicates, duplicates: duplicates + late.duplicates, rejected: late.rejected }
      } catch (error) {
        if (error instanceof SpoolFullError) throw error
        tellFailure(error)
        throw new NotNowError('The collector’s spool cannot be written at the moment.')
      }
    },
    hurry: () => spoolInUse?.hurry?.(),
    async close() {
      closed = true
      const { spool, forwarder } = (await opened?.catch(() => null)) ?? {}
      await forwarder?.close()
      await spool?.close()
    },
  }
}
