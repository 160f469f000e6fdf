import type { Customer } from '../../wire/payloads.js'
import type { AmberfloClient, Outcome } from '../amberflo/client.js'
import { createCustomerWriter } from '../amberflo/customers.js'
import { createPause } from './pause.js'
import type { Attempted, Settle } from './settle.js'
import type { Leased, Spool } from './spool.js'

const CUSTOMERS_AT_ONCE = 8
/** Leases whose customers are on their way at once: fewer than there are workers, so that one is free for usage. */
const MAX_PASSES = 3

/**
 * Writes the customers of a lease, and settles each. They have a pause of their own: Amberflo may take usage while it
 * takes no customers.
 */
export function createCustomerForwarder(
  options: Settle & { spool: Spool; client: AmberfloClient; random?: (() => number) | undefined },
): (customers: readonly Leased[], leaseEndsAt: number) => Promise<Attempted> {
  const { spool, client, refuse, putOff } = options
  const pause = createPause(options.random)
  let passes = 0

  async function forward(item: Leased, write: (customer: Customer) => Promise<Outcome>): Promise<Outcome> {
    const outcome = await write(JSON.parse(item.json) as Customer).catch((): Outcome => ({ kind: 'later', cause: 'lock' }))
    if (outcome.kind === 'taken') await spool.ack([item])
    else if (outcome.kind === 'refused') await refuse(item, outcome.status)
    else await putOff([item], outcome.retryAfterMs)
    return outcome
  }

  async function pass(customers: readonly Leased[], leaseEndsAt: number): Promise<Attempted> {
    const write = createCustomerWriter(client, (customerId, work) =>
      spool.withCustomer(customerId, () => {
        // Whoever leased it after us may be done with it and with a newer one: ours must not come last.
        if (performance.now() >= leaseEndsAt) throw new Error('the lease ended')
        return work()
      }),
    )
    for (let at = 0; at < customers.length; ) {
      // In trouble, one tries it for all.
      const part = customers.slice(at, at + (pause.isTrial() ? 1 : CUSTOMERS_AT_ONCE))
      const outcomes = await Promise.all(part.map((item) => forward(item, write)))
      at += part.length
      if (outcomes.some(({ kind }) => kind !== 'later')) pause.end()
      else {
        const retryAfterMs = Math.max(0, ...outcomes.map((outcome) => (outcome.kind === 'later' ? (outcome.retryAfterMs ?? 0) : 0)))
        pause.begin(retryAfterMs)
        await putOff(customers.slice(at), pause.leftMs())
        return { reached: false, retryAfterMs }
      }
    }
    return { reached: true }
  }

  return async (customers, leaseEndsAt) => {
    if (passes >= MAX_PASSES || pause.isOn()) {
      await putOff(customers, pause.leftMs())
      return { reached: false }
    }
    passes++
    try {
      return await pass(customers, leaseEndsAt)
    } finally {
      passes--
    }
  }
}
