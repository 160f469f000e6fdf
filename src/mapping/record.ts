import type { MeterRecord } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { dimensionsOf, type DimensionFilter } from './dimensions.js'
import type { EventLike } from './event.js'
import type { Note } from './note.js'
import { tried } from './tried.js'
import { textOf } from './value.js'

/** `Number` would read blanks too, and what is hexadecimal, binary or octal: `0x`, `0b`, `0o`. */
const DECIMAL = /^[^box]+$/i

/** Other texts are not handed to `Date`: each engine reads them in its own way. */
const ISO_8601 = /^([-+]\d\d)?\d{4}-\d\d-\d\d(T\S+)?$/

/**
 * Makes an event a record, or tells why not. The record's keys always have the same order, because a record that is
 * sent again must be the same to the byte.
 *
 * @param event what is counted: a track event by its property `value`, one without a type by its field `value`; 1 without one
 * @param meterApiName see `meterName`
 * @param now epoch milliseconds, taken where the event's `timestamp` is unreadable
 */
export function toRecord(
  event: EventLike,
  customerId: string,
  meterApiName: string,
  filter: DimensionFilter | undefined,
  now: number,
  note: Note,
): MeterRecord | Reason {
  const { properties } = event
  const isTrack = event.type === 'track'
  const name = textOf(event.name)
  const uniqueId = textOf(event.messageId)
  // A value that cannot be read is not a missing one.
  const value = textOf((isTrack ? tried(() => (properties as { value?: unknown } | undefined)?.value) : event.type ? 1 : event.value) ?? 1)
  const meterValue = +value
  let meterTimeInMillis = tried(() => {
    const timestamp = event.timestamp as never as Date | string | number
    // Only a number is its own number.
    return +new Date(timestamp === +timestamp || (timestamp as Date).toISOString || ISO_8601.test(timestamp as string) ? timestamp : NaN)
  })
  // Analytics.js puts a name among a page's properties, but not among a screen's.
  const dimensions = dimensionsOf(properties, isTrack ? { value: '' } : name && { name }, filter, note)

  if (!uniqueId) return 'no_id'
  if (!meterApiName.trim()) return 'blank_meter'
  if (!DECIMAL.test(value) || !isFinite(meterValue)) return 'bad_value'
  if (isNaN(meterTimeInMillis)) {
    note('timestamp: unreadable, replaced by now')
    meterTimeInMillis = now
  }
  return { uniqueId, customerId, meterApiName, meterValue, meterTimeInMillis, dimensions } as MeterRecord
}
