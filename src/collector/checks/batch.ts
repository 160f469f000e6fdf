import type { Answer, MeterRecord } from '../../wire/payloads.js'
import type { Reason } from '../../wire/reasons.js'
import type { Batch } from '../door/envelope.js'
import { Refusal } from '../door/refusal.js'
import { expiredToken } from '../door/token.js'
import type { Proof } from '../door/token.js'
import type { SinkItem } from '../sink.js'
import { checkCustomer } from './customer.js'
import { checkRecord, timeOf } from './record.js'
import type { RecordRules } from './record.js'
import { clockDifference, clockShift } from './skew.js'
import { isPlainObject } from './text.js'

export interface BatchRules extends Pick<RecordRules, 'allowNegative' | 'fitsCap'> {
  /** The collector's own list; `null`: every meter. */
  meters: ReadonlySet<string> | null
  customers: boolean
}

export interface Checked {
  items: SinkItem[]
  rejected: { id: string; reason: Reason }[]
}

/**
 * Parts a batch into what may go upstream and what is rejected alone.
 * @throws Refusal 403 when all of it is another customer's, 401 when its token had ended before it was made
 */
export function checkBatch(batch: Batch, proof: Proof | null, rules: BatchRules, now: number): Checked {
  if (proof !== null) requireTimely(batch, proof, now)
  const customerId = proof === null ? null : proof.customerId
  const recordRules: RecordRules = {
    now,
    shift: clockShift(batch.sentAt, now),
    customerId,
    allowsMeter: (meter) => (rules.meters?.has(meter) ?? true) && (proof?.meters?.includes(meter) ?? true),
    allowNegative: rules.allowNegative,
    fitsCap: rules.fitsCap,
  }
  const items: SinkItem[] = []
  const rejected: Checked['rejected'] = []
  const sort = (result: SinkItem | Reason, value: unknown, idField: string, place: string) => {
    if (typeof result === 'string') rejected.push({ id: idOf(value, idField) ?? place, reason: result })
    else items.push(result)
  }
  // A new customer is made before the usage that is billed to it.
  batch.customers.forEach((value, at) => sort(checkCustomer(value, { customers: rules.customers, customerId }), value, 'customerId', `customers[${at}]`))
  batch.records.forEach((value, at) => sort(unlessKnown(checkRecord(value, recordRules), value), value, 'uniqueId', `records[${at}]`))

  // A batch is one customer's, so whatever else is wrong with it is for when that customer is back.
  const isOwn = (value: unknown) => isPlainObject(value) && value['customerId'] === customerId
  if (rejected.some(({ reason }) => reason === 'customer_mismatch') && ![...batch.customers, ...batch.records].some(isOwn)) {
    throw new Refusal('wrong_customer', 'The batch is for another customer than the token or session proves. Send it when that customer is back.')
  }
  return { items, rejected }
}

/**
 * A token that has ended still carries the usage that was made under it, and the identify that travels
 * with it. Times are compared as exactly as the two clocks allow.
 */
function requireTimely({ records, sentAt }: Batch, { customerId, expiresAt }: Proof, now: number): void {
  if (expiresAt === undefined || now < expiresAt) return
  const difference = clockDifference(sentAt, now)
  const own = records.filter((record) => isPlainObject(record) && record['customerId'] === customerId) as Record<string, unknown>[]
  const shift = clockShift(sentAt, now)
  // What will be written is judged: a time that stays as it was given must be timely as it was given.
  const madeAt = (given: number) => (timeOf(given, { now, shift }) === given + shift ? given + difference : given)
  const timely = own.every(({ meterTimeInMillis }) => typeof meterTimeInMillis === 'number' && madeAt(meterTimeInMillis) <= expiresAt)
  if (own.length === 0 || !timely) throw expiredToken()
}

/** A record whose time alone is wrong may be one that was shifted when it came first: the sink knows. Whose it is was checked before. */
function unlessKnown(result: SinkItem | Reason, value: unknown): SinkItem | Reason {
  if (result !== 'in_future' && result !== 'too_old' && result !== 'over_limit') return result
  const { customerId, uniqueId } = value as MeterRecord
  return { kind: 'record', customerId, id: uniqueId, json: '', unlessKnown: result }
}

const idOf = (value: unknown, field: string): string | undefined => {
  const id = isPlainObject(value) ? value[field] : undefined
  return typeof id === 'string' ? id : undefined
}

/** The whole answer: what the sink made of the items, and what never got that far. */
export const joinAnswer = (taken: Answer, rejected: Checked['rejected']): Answer => ({ ...taken, rejected: [...rejected, ...taken.rejected] })
