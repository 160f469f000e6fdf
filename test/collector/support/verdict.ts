import { setTimeout as sleep } from 'node:timers/promises'
import type { SentRecord, Told } from './visitors.js'

export interface Verdict {
  accepted: number
  /** Accepted, but not at Amberflo. */
  lost: string[]
  /** At Amberflo more than once: equal ones are discarded there, these differ. */
  twice: string[]
  /** At Amberflo with another content than was sent; times may be shifted. */
  altered: string[]
  /** Customers whose newest traits are not at Amberflo. */
  staleCustomers: string[]
  wrongAnswers: string[]
}

/** What a proof must come to. */
export const innocent = { lost: [], twice: [], altered: [], staleCustomers: [], wrongAnswers: [] }

interface Held {
  records: SentRecord[]
  customers: { customerId: string; traits?: Record<string, unknown> }[]
}

/**
 * Looks until everything is there, or for so long; then judges what is. The sandbox may live in this process: reading
 * hundreds of thousands of records keeps it from answering, so they are read when the customers have arrived.
 */
export async function judge(sandboxUrl: string, told: Told, withinMs: number): Promise<Verdict> {
  const giveUpAt = Date.now() + withinMs
  while (stale(await look(sandboxUrl, 'customers'), told).length > 0 && Date.now() < giveUpAt) await sleep(500)
  for (;;) {
    const startedAt = Date.now()
    const verdict = compare({ records: await look(sandboxUrl, 'records'), customers: await look(sandboxUrl, 'customers') }, told)
    if ((verdict.lost.length === 0 && verdict.staleCustomers.length === 0) || Date.now() > giveUpAt) return verdict
    await sleep(500 + 2 * (Date.now() - startedAt))
  }
}

const look = async <What extends keyof Held>(sandboxUrl: string, what: What) => (await (await fetch(`${sandboxUrl}/sandbox/${what}`)).json()) as Held[What]

/** Customers whose newest step is not there. */
function stale(customers: Held['customers'], { steps }: Told): string[] {
  const arrived = new Map(customers.map(({ customerId, traits }) => [customerId, Number(traits?.['step'])]))
  return [...steps].filter(([customerId, step]) => arrived.get(customerId) !== step).map(([customerId]) => customerId)
}

function compare({ records, customers }: Held, told: Told): Verdict {
  const counts = new Map<string, number>()
  for (const { uniqueId } of records) counts.set(uniqueId, (counts.get(uniqueId) ?? 0) + 1)
  const unshifted = (record: SentRecord | undefined) => JSON.stringify({ ...record, meterTimeInMillis: 0 })
  return {
    accepted: told.accepted.size,
    lost: [...told.accepted.keys()].filter((id) => !counts.has(id)),
    twice: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
    altered: records.filter((record) => told.accepted.has(record.uniqueId) && unshifted(record) !== unshifted(told.accepted.get(record.uniqueId))).map(({ uniqueId }) => uniqueId),
    staleCustomers: stale(customers, told),
    wrongAnswers: told.wrong,
  }
}
