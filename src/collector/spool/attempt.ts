import { deliver } from '../amberflo/bisect.js'
import type { AmberfloClient } from '../amberflo/client.js'
import { createCustomerForwarder } from './customers.js'
import { createSettle, type Attempted, type SettleOptions } from './settle.js'
import type { Leased } from './spool.js'

/** So long usage waits for the customers that were leased with it. */
const HEAD_START_MS = 500

export interface AttemptOptions extends SettleOptions {
  client: AmberfloClient
  /** Is given what customers are still on their way, since an attempt does not wait for them to the end. */
  follow?: (customers: Promise<unknown>) => void
}

/** Tries to bring what one lease gave to Amberflo, and settles each item: gone, due again later, or dead. */
export function createAttempt(options: AttemptOptions): (items: readonly Leased[], leaseEndsAt: number) => Promise<Attempted> {
  const { spool, client, follow } = options
  const settle = createSettle(options)
  const forwardCustomers = createCustomerForwarder({ ...settle, spool, client, random: options.random })

  async function forwardRecords(records: readonly Leased[]): Promise<Attempted> {
    const { taken, refused, later, retryAfterMs } = await deliver(client, records)
    if (taken.length > 0) await spool.ack(taken)
    for (const { item, status } of refused) await settle.refuse(item, status)
    if (later.length === 0) return { reached: true }
    // All wait for the same: Amberflo itself.
    await spool.retry(later, retryAfterMs ?? 0)
    return { reached: false, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }

  /** Customers first: Amberflo then knows whose usage it gets. But none holds up usage, which stands without it. */
  async function beginCustomers(customers: readonly Leased[], leaseEndsAt: number): Promise<void> {
    const written = forwardCustomers(customers, leaseEndsAt)
    follow?.(written)
    let timer: ReturnType<typeof setTimeout> | undefined
    const headStart = new Promise((resolve) => (timer = setTimeout(resolve, HEAD_START_MS)))
    // Whoever follows hears of a failure.
    await Promise.race([written.catch(() => undefined), headStart])
    clearTimeout(timer)
  }

  return async (items, leaseEndsAt) => {
    const customers = items.filter(({ kind }) => kind === 'customer')
    const records = items.filter(({ kind }) => kind === 'record')
    if (records.length === 0) return forwardCustomers(customers, leaseEndsAt)
    if (customers.length > 0) await beginCustomers(customers, leaseEndsAt)
    return forwardRecords(records)
  }
}
