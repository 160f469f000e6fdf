import type { Customer } from '../../wire/payloads.js'
import type { AmberfloClient, Outcome, StoredCustomer } from './client.js'
import type { Lock } from '../lock.js'

/** What Amberflo itself sets, and would not want back; and a name that must never be assigned to. */
const managedFields = new Set(['__proto__', 'id', 'createTime', 'updateTime', 'deleteTime', 'deactivateTimeStamp'])

type Traits = Record<string, unknown>

/**
 * What must be written so that Amberflo knows what the browser told of a customer and forgets nothing,
 * or `null` when it knows it already.
 */
export function mergeCustomer(stored: StoredCustomer, fresh: Customer): StoredCustomer | null {
  const merged: StoredCustomer = { customerId: stored.customerId }
  for (const [name, value] of Object.entries(stored)) {
    if (!managedFields.has(name) && value !== undefined && value !== null) merged[name] = value
  }
  let changed = false
  const set = (target: Record<string, unknown>, name: string, value: string | number | boolean) => {
    // Amberflo keeps traits as strings: 5 and "5" are the same to it.
    if (Object.hasOwn(target, name) && String(target[name]) === String(value)) return
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
    changed = true
  }

  if (!hasText(merged['customerName']) || !isFallbackName(fresh)) set(merged, 'customerName', fresh.customerName)
  if (fresh.customerEmail !== undefined) set(merged, 'customerEmail', fresh.customerEmail)
  if (fresh.traits !== undefined) {
    const traits: Traits = { ...(merged['traits'] as Traits | undefined) }
    for (const [name, value] of Object.entries(fresh.traits)) set(traits, name, value)
    merged['traits'] = traits
  }
  return changed ? merged : null
}

/**
 * A name is a fallback when the browser had none and took the username, the email or the id in its place.
 * Slashes and bars are compared as underscores, because traits have been rewritten and names have not.
 */
function isFallbackName({ customerId, customerName, customerEmail, traits }: Customer): boolean {
  const name = plain(customerName)
  return [customerId, customerEmail, traits?.['username']].some((other) => other !== undefined && plain(String(other)) === name)
}

const plain = (text: string) => text.trim().replace(/[/|]/g, '_')

const hasText = (value: unknown) => typeof value === 'string' && value.trim() !== ''

/**
 * Reads, merges and writes a customer, one at a time per customer. Amberflo's `PUT` discards what it is
 * not given, so writing without reading would lose traits.
 */
export function createCustomerWriter(client: AmberfloClient, lock: Lock): (customer: Customer) => Promise<Outcome> {
  async function write(customer: Customer, attempt: number): Promise<Outcome> {
    const read = await client.readCustomer(customer.customerId)
    if (read.kind === 'later' || read.kind === 'refused') return read
    if (read.kind === 'found') {
      const merged = mergeCustomer(read.customer, customer)
      return merged === null ? { kind: 'taken' } : client.writeCustomer('PUT', JSON.stringify(merged))
    }
    const outcome = await client.writeCustomer('POST', JSON.stringify(customer))
    // Somebody without this lock may have made the customer meanwhile: read again before believing a refusal.
    return outcome.kind === 'refused' && attempt === 0 ? write(customer, 1) : outcome
  }
  return (customer) => lock(customer.customerId, () => write(customer, 0))
}
