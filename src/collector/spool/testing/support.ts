import type { Leased, Spool, SpoolItem, SpoolOptions } from '../spool.js'

/** What the suite needs of an implementation: several handles on one queue, and an empty one for each test. */
export interface SpoolMaker {
  /** Each call gives another handle on the queue of the running test. */
  open(options?: SpoolOptions): Promise<Spool>
  /** Makes the next test's queue an empty one. */
  reset(): Promise<void>
}

/** The running test's handles; they are closed after it. */
export interface Handles {
  open(options?: SpoolOptions): Promise<Spool>
  /** Three handles, to be taken in turn. */
  openThree(): Promise<(index: number) => Spool>
}

export const record = (id: string, customerId = 'acme', json = `{"uniqueId":"${id}"}`): SpoolItem => ({ kind: 'record', customerId, id, json })
export const records = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => record(`${prefix}${index}`))
export const customer = (customerId: string, name: string): SpoolItem => ({
  kind: 'customer',
  customerId,
  id: customerId,
  json: `{"customerName":"${name}"}`,
})

export const ids = (items: readonly SpoolItem[]) => items.map(({ id }) => id)
export const jsons = (items: readonly SpoolItem[]) => items.map(({ json }) => json)
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Leases until something comes: who waits for another's turn may be told of it a little later. */
export async function leaseUntil(spool: Spool, count: number): Promise<Leased[]> {
  const giveUpAt = Date.now() + 3_000
  for (;;) {
    const leased = await spool.lease(count)
    if (leased.length > 0 || Date.now() > giveUpAt) return leased
    await sleep(20)
  }
}
