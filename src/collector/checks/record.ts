import { MAX_RECORD_BYTES } from '../../wire/limits.js'
import type { MeterRecord } from '../../wire/payloads.js'
import type { Reason } from '../../wire/reasons.js'
import type { SpoolItem } from '../spool/spool.js'
import { CLOCK_TOLERANCE_MS } from './skew.js'
import { fitsBytes, isPlainObject, isText, mend } from './text.js'

/** How long ago usage may have been. */
export const MAX_AGE_MS = 60 * 24 * 60 * 60 * 1000

/** What one batch's records are checked against. */
export interface RecordRules {
  now: number
  /** Added to each time, for a browser whose clock is wrong. */
  shift: number
  /** The customer that is proved; `null`: the browser is believed. */
  customerId: string | null
  allowsMeter: (meter: string) => boolean
  allowNegative: boolean
  /** The last check, because it counts what passes. */
  fitsCap: (customerId: string, uniqueId: string, value: number) => boolean
}

/**
 * Checks one record and gives what goes upstream, made of the known fields only and in one order, so that
 * a record that is sent again is the same text; or the reason why not.
 *
 * Written by hand because every record passes here; a schema says the same in `record.test.ts`.
 */
export function checkRecord(value: unknown, rules: RecordRules): SpoolItem | Reason {
  if (!isPlainObject(value)) return 'bad_unique_id'
  const { uniqueId, customerId, meterValue, meterTimeInMillis } = value
  if (!isText(uniqueId)) return 'bad_unique_id'
  if (!isText(customerId)) return 'bad_customer_id'
  if (rules.customerId !== null && customerId !== rules.customerId) return 'customer_mismatch'
  const meterApiName = mend(value['meterApiName'])
  if (!isText(meterApiName) || meterApiName.trim() === '') return 'bad_meter'
  if (!rules.allowsMeter(meterApiName)) return 'meter_not_allowed'
  if (typeof meterValue !== 'number' || !Number.isFinite(meterValue)) return 'bad_value'
  if (meterValue < 0 && !rules.allowNegative) return 'negative_value'
  if (!Number.isSafeInteger(meterTimeInMillis)) return 'bad_time'
  const time = timeOf(meterTimeInMillis as number, rules)
  if (time > rules.now + CLOCK_TOLERANCE_MS) return 'in_future'
  if (time < rules.now - MAX_AGE_MS) return 'too_old'

  const record: MeterRecord = { uniqueId, customerId, meterApiName, meterValue, meterTimeInMillis: time }
  const dimensions = readDimensions(value['dimensions'])
  if (typeof dimensions === 'string') return dimensions
  if (dimensions !== null) record.dimensions = dimensions
  return finish(record, time !== meterTimeInMillis, rules)
}

/** A time that only the shift would put out of bounds was noted before the browser's clock was set wrong. */
export function timeOf(given: number, { now, shift }: Pick<RecordRules, 'now' | 'shift'>): number {
  const isPlausible = (time: number) => time <= now + CLOCK_TOLERANCE_MS && time >= now - MAX_AGE_MS
  const shifted = given + shift
  return isPlausible(given) && !isPlausible(shifted) ? given : shifted
}

/** The dimensions as they are written, `null` where there are none, or the reason why not. They are copied only to be mended. */
function readDimensions(dimensions: unknown): Record<string, string> | Reason | null {
  if (dimensions === undefined) return null
  if (!isPlainObject(dimensions)) return 'bad_dimensions'
  const names = Object.keys(dimensions)
  let isWellFormed = true
  for (const name of names) {
    if (name.startsWith('aflo.')) return 'reserved_dimension'
    const value = dimensions[name]
    // `__proto__` is harmless here, where it is an own property, but not for whoever copies it carelessly later on.
    if (typeof value !== 'string' || name === '__proto__') return 'bad_dimensions'
    isWellFormed &&= value.isWellFormed() && name.isWellFormed()
  }
  if (names.length === 0) return null
  if (isWellFormed) return dimensions as Record<string, string>
  // Judged by what is written.
  return readDimensions(Object.fromEntries(Object.entries(dimensions).map((entry) => entry.map(mend))))
}

function finish(record: MeterRecord, corrected: boolean, rules: RecordRules): SpoolItem | Reason {
  const json = JSON.stringify(record)
  if (!fitsBytes(json, MAX_RECORD_BYTES)) return 'too_large'
  if (!rules.fitsCap(record.customerId, record.uniqueId, record.meterValue)) return 'over_limit'
  const item: SpoolItem = { kind: 'record', customerId: record.customerId, id: record.uniqueId, json }
  return corrected ? { ...item, corrected } : item
}
