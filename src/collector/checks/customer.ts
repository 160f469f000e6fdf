import { MAX_RECORD_BYTES } from '../../wire/limits.js'
import type { Customer } from '../../wire/payloads.js'
import type { Reason } from '../../wire/reasons.js'
import type { SpoolItem } from '../spool/spool.js'
import { fitsBytes, isPlainObject, isText, mend } from './text.js'

const MAX_NAME_LENGTH = 1024

export interface CustomerRules {
  /** Whether customers are taken at all. */
  customers: boolean
  /** The customer that is proved; `null`: the browser is believed. */
  customerId: string | null
}

/** Fields of a customer, and traits, by which money is moved or an account is switched: never a browser's to say. */
const protectedNames = new Set(['stripeid', 'lifecyclestage', 'enabled', 'test', 'address', '__proto__'])
const protectedPrefixes = ['awsm.', 'aflo.']

/** Whether a browser may not set this trait; letters count whatever their case. */
export function isProtectedTrait(name: string): boolean {
  const lower = name.toLowerCase()
  return protectedNames.has(lower) || protectedPrefixes.some((prefix) => lower.startsWith(prefix))
}

/** Checks one customer and gives the known fields without the protected ones, or the reason why not. */
export function checkCustomer(value: unknown, rules: CustomerRules): SpoolItem | Reason {
  if (!isPlainObject(value)) return 'bad_customer_id'
  const { customerId, traits } = value
  if (!isText(customerId)) return 'bad_customer_id'
  if (rules.customerId !== null && customerId !== rules.customerId) return 'customer_mismatch'
  if (!rules.customers) return 'customers_off'
  // The id stands for a name that nobody told, as in the page.
  const [customerName, customerEmail] = [mend(value['customerName'] === undefined ? customerId : value['customerName']), mend(value['customerEmail'])]
  if (!isName(customerName) || customerName.trim() === '') return 'bad_customer'
  if (customerEmail !== undefined && !isName(customerEmail)) return 'bad_customer'

  const customer: Customer = { customerId, customerName }
  if (customerEmail !== undefined && customerEmail.trim() !== '') customer.customerEmail = customerEmail
  if (traits !== undefined) {
    const kept = checkTraits(traits)
    if (kept === null) return 'bad_customer'
    if (Object.keys(kept).length > 0) customer.traits = kept
  }
  const json = JSON.stringify(customer)
  if (!fitsBytes(json, MAX_RECORD_BYTES)) return 'too_large'
  return { kind: 'customer', customerId, id: customerId, json }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_NAME_LENGTH

function checkTraits(traits: unknown): Record<string, string | number | boolean> | null {
  if (!isPlainObject(traits)) return null
  const kept: Record<string, string | number | boolean> = {}
  for (const entry of Object.entries(traits)) {
    const [name, value] = entry.map(mend) as [string, unknown]
    if (isProtectedTrait(name)) continue
    const scalar = typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
    if (!scalar) return null
    kept[name] = value
  }
  return kept
}
