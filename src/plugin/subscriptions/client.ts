import type { SegmentEvent } from '@segment/analytics-next'
import type { Customer, MeterRecord } from '../../wire/payloads.js'

/** What a mapping makes of an event: of any type, as nobody checks it. */
type Fields<T> = { [Field in keyof T]?: unknown }
export type RecordFields = Fields<MeterRecord>
export type CustomerFields = Fields<Customer>

/** What one action makes of an event, not normalised yet. */
export type Yield = readonly ['meter', RecordFields] | readonly ['customer', CustomerFields]

/** One event on its way through the subscriptions; the runtime takes it for Analytics.js' context. */
export interface Run {
  event: SegmentEvent
  yields: Yield[]
}

/** What the actions' `perform` is handed: it only collects, for the plugin delivers. */
export interface Client {
  yield(action: Yield[0], fields: Yield[1], run: Run): void
}

export const client: Client = {
  yield: (action, fields, run) => void run.yields.push([action, fields] as Yield),
}
