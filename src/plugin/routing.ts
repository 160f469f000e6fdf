import type { SegmentEvent } from '@segment/analytics-next'
import { meterName, toCustomer, toRecord, type Note } from '../mapping/index.js'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { payerOf } from './payer.js'
import type { AmberfloSettings } from './types.js'

/** What an event becomes, or why it is refused. */
export type Routed = MeterRecord | Customer | Reason

/** What an event becomes without subscriptions; `false` if it is not metered. */
export const route = (event: SegmentEvent, settings: AmberfloSettings, currentGroup: () => unknown, note: Note): Routed | false => {
  const isPerson = event.type === 'identify'
  const meter = isPerson ? event.userId || false : meterName(event, settings.meters)
  if (meter === false) return false
  const payer = payerOf(event, settings, currentGroup)
  return !payer ? 'no_customer'
    : isPerson ? toCustomer(payer, event.traits, note)
    : toRecord(event, payer, meter, settings.dimensions, Date.now(), note)
}
