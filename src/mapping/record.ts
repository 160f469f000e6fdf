import type { MeterRecord } from '../wire/payloads.js'
import { dimensionsOf, type DimensionFilter } from './dimensions.js'
import { get, type EventLike } from './event.js'
import { sized, type Mapped } from './mapped.js'
import { timeOf } from './time.js'
import { idOf, isScalar, meterValueOf } from './value.js'

/** A record's fields as an event or a Segment mapping has them: of any type. */
export type RecordFields = { [Field in keyof MeterRecord]?: unknown }

/**
 * The fields of a page, screen or track event. `customerId` and `meterApiName` (see `meterName`) are
 * for the caller to choose.
 */
export function eventFields(event: EventLike, customerId: unknown, meterApiName: unknown): RecordFields {
  const properties = get(event, 'properties') ?? {}
  const isTrack = get(event, 'type') === 'track'
  return {
    uniqueId: get(event, 'messageId'),
    customerId,
    meterApiName,
    // A value that cannot be read is not a missing one.
    meterValue: isTrack ? get(properties, 'value', NaN) : 1,
    meterTimeInMillis: get(event, 'timestamp'),
    dimensions: dimensionFields(properties, isTrack, get(event, 'name')),
  }
}

/**
 * A track's properties without `value`, a page's or screen's with its `name` (Analytics.js puts it among
 * a page's properties only). Getters are copied unread, for one that throws is `toRecord`'s to note.
 */
function dimensionFields(properties: object, isTrack: boolean, name: unknown): unknown {
  try {
    const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(properties)
    if (isTrack) delete own['value']
    else if (idOf(name).trim()) own['name'] = { value: name, enumerable: true }
    return Object.defineProperties({}, own)
  } catch {
    return properties
  }
}

/**
 * Makes raw fields a record. Its keys always have the same order, because a record that is sent again
 * must be the same to the byte.
 *
 * @param now epoch milliseconds, taken where `meterTimeInMillis` is unreadable
 */
export function toRecord(fields: RecordFields, filter: DimensionFilter, now: number): Mapped<MeterRecord> {
  const notes: string[] = []
  const uniqueId = idOf(fields.uniqueId)
  const customerId = idOf(fields.customerId)
  const meterApiName = idOf(fields.meterApiName)
  const meterValue = meterValueOf(fields.meterValue)
  const time = timeOf(fields.meterTimeInMillis)

  if (!uniqueId) return { refusal: 'no_id', notes }
  if (!customerId) return { refusal: 'no_customer', notes }
  if (!isScalar(meterApiName)) return { refusal: 'blank_meter', notes }
  if (meterValue === undefined) return { refusal: 'bad_value', notes }
  if (time === undefined) notes.push('timestamp: unreadable, replaced by now')

  const dimensions = dimensionsOf(fields.dimensions, filter, notes)
  return sized(
    { uniqueId, customerId, meterApiName, meterValue, meterTimeInMillis: time ?? now, ...(dimensions && { dimensions }) },
    notes,
  )
}
