import type { Customer, MeterRecord } from '../wire/payloads.js'
import { canonical } from './canonical.js'

/** What Amberflo would hold, and how it came there. */
export function createStore() {
  const records: MeterRecord[] = []
  const customers = new Map<string, Customer>()
  const seen = new Set<string>()
  const arrivals = new Map<string, number>()

  return {
    records: (after = 0): readonly MeterRecord[] => records.slice(after),
    customers: (): Customer[] => [...customers.values()],
    customer: (id: string) => customers.get(id),

    /** Keeps a record, unless one that is equal in every attribute is there. Same id, other attributes: both are kept. */
    ingest(record: MeterRecord) {
      const id = record.uniqueId
      if (id !== undefined) {
        arrivals.set(id, (arrivals.get(id) ?? 0) + 1)
        const key = canonical(record)
        if (seen.has(key)) return
        seen.add(key)
      }
      records.push(record)
    },

    /** Replaces the whole customer: what is not given is gone. */
    putCustomer(customer: Customer) {
      customers.set(customer.customerId, customer)
    },

    /** How often each `uniqueId` arrived, discarded duplicates included. */
    arrivals: () => Object.fromEntries(arrivals),

    clear() {
      records.length = 0
      customers.clear()
      seen.clear()
      arrivals.clear()
    },
  }
}

export type Store = ReturnType<typeof createStore>
