import type { Settings } from '../options.js'
import { createBucket, createDailyCap } from './limits.js'
import { Refusal } from './refusal.js'

const BUSY_MS = 1_000

const ignore = () => undefined

/** Lets in as much as the limits allow, and knows how much is inside. */
export function createGate(limits: Settings['limits'], now: () => number) {
  const { perIp, perCustomer, valuePerDay, inHand } = limits
  const addresses = perIp === false ? null : createBucket(perIp, now)
  const customers = perCustomer === false ? null : createBucket(perCustomer, now)
  const cap = valuePerDay === false ? null : createDailyCap(valuePerDay, now)
  const readers = new Map<string, number>()
  const maxReaders = Math.ceil(inHand / 10)
  const waiting: (() => void)[] = []
  let inside = 0
  let closed = false

  return {
    /** `null` when there is no room; else the function to call on the way out. */
    enter(): (() => void) | null {
      if (closed || inside >= inHand) return null
      inside++
      return () => {
        if (--inside === 0) while (waiting.length > 0) waiting.pop()?.()
      }
    },
    close() {
      closed = true
    },
    /** Resolves when nobody is inside. */
    empty(): Promise<void> {
      return inside === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
    /**
     * Lets an address send a body. A tenth of all that may be in hand can be on its way from one, so that nobody who sends
     * slowly shuts others out. Gives the function to call when it has been read.
     */
    admitAddress(ip: string | undefined): () => void {
      if (ip === undefined || addresses === null) return ignore
      const reading = readers.get(ip) ?? 0
      const waitMs = reading < maxReaders ? addresses(ip, 1) : BUSY_MS
      if (waitMs > 0) throw new Refusal('address_busy', 'Too many requests from this address.', waitMs)
      readers.set(ip, reading + 1)
      return () => {
        const left = (readers.get(ip) as number) - 1
        if (left > 0) readers.set(ip, left)
        else readers.delete(ip)
      }
    },
    admitCustomer(customerId: string, cost: number) {
      const waitMs = customers?.(customerId, cost) ?? 0
      if (waitMs > 0) throw new Refusal('customer_busy', 'Too much usage of this customer at once.', waitMs)
    },
    fitsCap: (customerId: string, uniqueId: string, value: number) => cap?.(customerId, uniqueId, value) ?? true,
  }
}
