import type { SegmentEvent } from '@segment/analytics-next'
import { customerFields, eventFields, meterName, toCustomer, toRecord, type Mapped } from '../mapping/index.js'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import { payerOf } from './payer.js'
import type { Settings } from './settings.js'

/** What an event becomes. */
export type Routed = Mapped<MeterRecord | Customer>

/** What an event becomes without subscriptions; `false` if it is not metered. */
export const route = (event: SegmentEvent, settings: Settings, currentGroup: () => unknown): Routed | false => {
  const payer = (): string => payerOf(event, settings, currentGroup)
  if (event.type === 'identify') return !!event.userId && toCustomer({ ...customerFields(event), customerId: payer() })
  const meter = meterName(event, settings.meters)
  return meter !== false && toRecord(eventFields(event, payer(), meter), settings.dimensions, Date.now())
}
