import type { Settings } from '../options.js'
import { createBucket, createDailyCap } from './limits.js'
import { Refusal } from './refusal.js'

/** Lets in as much as the limits allow, and knows how much is inside. */
export function createGate(limits: Settings['limits'], now: () => number) {
  const { perIp, perCustomer, valuePerDay, inHand } = limits
  const addresses = perIp === false ? null : createBucket(perIp, now)
  const customers = perCustomer === false ? null : createBucket(perCustomer, now)
  const cap = valuePerDay === false ? null : createDailyCap(valuePerDay, now)
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
    admitAddress(ip: string | undefined) {
      const waitMs = ip === undefined ? 0 : (addresses?.(ip, 1) ?? 0)
      if (waitMs > 0) throw new Refusal('address_busy', 'Too many requests from this address.', waitMs)
    },
    admitCustomer(customerId: string, cost: number) {
      const waitMs = customers?.(customerId, cost) ?? 0
      if (waitMs > 0) throw new Refusal('customer_busy', 'Too much usage of this customer at once.', waitMs)
    },
    fitsCap: (customerId: string, uniqueId: string, value: number) => cap?.(customerId, uniqueId, value) ?? true,
  }
}
