import type { Customer } from '../../wire/payloads.js'
import { deliver } from '../amberflo/bisect.js'
import type { AmberfloClient, Outcome } from '../amberflo/client.js'
import { createCustomerWriter } from '../amberflo/customers.js'
import type { Observe } from '../events.js'
import type { Leased, Spool } from './spool.js'

/** Amberflo's own guidance: at least two attempts later than 20 s before anything is given up. */
const PATIENCE = { attempts: 2, ms: 20_000 }

const CUSTOMERS_AT_ONCE = 8
const FIRST_DELAY_MS = 1_000

export interface AttemptOptions {
  spool: Spool
  client: AmberfloClient
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

/** Tries to bring what one lease gave to Amberflo, and settles each item: gone, due again later, or dead. */
export function createAttempt(options: AttemptOptions): (items: readonly Leased[], leaseEndsAt: number) => Promise<Attempted> {
  const { spool, client, observe, now = Date.now, random = Math.random, patience = PATIENCE } = options

  /** Only what Amberflo refuses alone, again and again, dies. */
  async function refuse(item: Leased, status: number) {
    if (item.attempts >= patience.attempts && now() - item.appendedAt >= patience.attempts * patience.ms) {
      observe({ type: 'alarm', alarm: 'upstream_refused', detail: { status } })
      return spool.dead([item], `status ${status}`)
    }
    return spool.retry([item], patience.ms * (1 + random() / 4))
  }

  /** Each item by its own past, so that one which alone makes trouble comes ever more seldom. */
  async function putOff(items: readonly Leased[], atLeastMs = 0) {
    for (const item of items) {
      const limit = Math.min(spool.leaseMs, FIRST_DELAY_MS * 2 ** item.attempts)
      await spool.retry([item], Math.max(atLeastMs, random() * limit))
    }
  }

  async function forwardRecords(records: readonly Leased[]): Promise<Attempted> {
    const { taken, refused, later, retryAfterMs } = await deliver(client, records)
    if (taken.length > 0) await spool.ack(taken)
    for (const { item, status } of refused) await refuse(item, status)
    if (later.length === 0) return { reached: true }
    // All wait for the same: Amberflo itself.
    await spool.retry(later, retryAfterMs ?? 0)
    return { reached: false, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }

  async function forwardCustomers(customers: readonly Leased[], leaseEndsAt: number): Promise<Attempted> {
    const write = createCustomerWriter(client, (customerId, work) =>
      spool.withCustomer(customerId, () => {
        // Whoever leased it after us may be done with it and with a newer one: ours must not come last.
        if (performance.now() >= leaseEndsAt) throw new Error('the lease ended')
        return work()
      }),
    )
    for (let at = 0; at < customers.length; at += CUSTOMERS_AT_ONCE) {
      const part = customers.slice(at, at + CUSTOMERS_AT_ONCE)
      const outcomes = await Promise.all(part.map((item) => forwardCustomer(item, write)))
      if (outcomes.some(({ kind }) => kind !== 'later')) continue
      const retryAfterMs = Math.max(0, ...outcomes.map((outcome) => (outcome.kind === 'later' ? (outcome.retryAfterMs ?? 0) : 0)))
      await putOff(customers.slice(at + part.length), retryAfterMs)
      return { reached: false, retryAfterMs }
    }
    return { reached: true }
  }

  async function forwardCustomer(item: Leased, write: (customer: Customer) => Promise<Outcome>): Promise<Outcome> {
    const outcome = await write(JSON.parse(item.json) as Customer).catch((): Outcome => ({ kind: 'later', cause: 'lock' }))
    if (outcome.kind === 'taken') await spool.ack([item])
    else if (outcome.kind === 'refused') await refuse(item, outcome.status)
    else await putOff([item], outcome.retryAfterMs)
    return outcome
  }

  return async (items, leaseEndsAt) => {
    const customers = items.filter(({ kind }) => kind === 'customer')
    const records = items.filter(({ kind }) => kind === 'record')
    // Customers first: Amberflo then knows whose usage it gets. But none holds up usage, which stands without it.
    const first = await forwardCustomers(customers, leaseEndsAt)
    return records.length > 0 ? forwardRecords(records) : first
  }
}
