/** What a Segment event is to Amberflo: pure functions, without a clock or a DOM, that never throw. */
export { meterName, type MeterNames } from './meter.js'
export { eventFields, toRecord, type RecordFields } from './record.js'
export { customerFields, toCustomer, type CustomerFields } from './customer.js'
export type { DimensionFilter } from './dimensions.js'
export type { EventLike } from './event.js'
export type { Mapped } from './mapped.js'
export { idOf } from './value.js'
