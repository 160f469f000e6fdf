import { Refusal } from './refusal.js'

/** A batch as it came: its outline is checked, what it holds is not. */
export interface Batch {
  /** The sender's clock, epoch milliseconds. */
  sentAt: number | null
  token: string | null
  records: readonly unknown[]
  customers: readonly unknown[]
}

export interface BatchLimits {
  records: number
  customers: number
}

const none: readonly unknown[] = []

/** Opens the body of a batch. */
export function openEnvelope(text: string, limits: BatchLimits): Batch {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal('bad_json', 'The body is not JSON. Send { "v": 1, "batch", "sentAt", "records": […] } as text.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('the body', 'an object')
  const envelope = value as Record<string, unknown>
  if (envelope['v'] !== 1) throw new Refusal('unsupported_version', 'This collector speaks version 1 of the format: "v" must be 1.')

  const { sentAt = null, token = null, records = none, customers = none } = envelope
  if (sentAt !== null && !Number.isSafeInteger(sentAt)) throw malformed('"sentAt"', 'an integer of epoch milliseconds')
  if (token !== null && typeof token !== 'string') throw malformed('"token"', 'a string')
  if (!Array.isArray(records)) throw malformed('"records"', 'an array')
  if (!Array.isArray(customers)) throw malformed('"customers"', 'an array')
  if (records.length > limits.records) throw tooMany('records', limits.records)
  if (customers.length > limits.customers) throw tooMany('customers', limits.customers)
  return { sentAt: sentAt as number | null, token, records, customers }
}

const malformed = (what: string, expected: string) => new Refusal('bad_envelope', `In the batch, ${what} must be ${expected}.`)

const tooMany = (what: string, max: number) => new Refusal('too_many', `A batch may hold ${max} ${what}. Send fewer at once.`)
