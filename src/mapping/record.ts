import type { MeterRecord } from '../wire/payloads.js'
import { dimensionsOf, type DimensionFilter } from './dimensions.js'
import type { EventLike } from './event.js'
import { attempt, get, UNREADABLE } from './get.js'
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
  const name = get(event, 'name')
  return {
    uniqueId: get(event, 'messageId'),
    customerId,
    meterApiName,
    // A value that cannot be read is not a missing one.
    meterValue: isTrack ? get(properties, 'value', NaN) : 1,
    meterTimeInMillis: get(event, 'timestamp'),
    // Analytics.js puts a name among a page's properties, but not among a screen's.
    dimensions:
      isTrack ? withProperty(properties, 'value')
      : isScalar(idOf(name)) ? withProperty(properties, 'name', name)
      : properties,
  }
}

/** A copy of `properties` in which `name` is another value, or nothing; what cannot be read is `toRecord`'s to note. */
const withProperty = (properties: object, name: string, value?: unknown): unknown =>
  get(properties, name) === value ? properties : (
    attempt(
      () => Object.fromEntries([...Object.keys(properties).map((key) => [key, get(properties, key, UNREADABLE)]), [name, value]]),
      properties,
    )
  )

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
  const time = timeOf(get(fields, 'meterTimeInMillis'))

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
