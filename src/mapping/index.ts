/** What a Segment event is to Amberflo: pure functions, without a clock or a DOM, that never throw. */
export { meterName, type MeterNames } from './meter.js'
export { toRecord } from './record.js'
export { toCustomer } from './customer.js'
export type { DimensionFilter } from './dimensions.js'
export type { EventLike } from './event.js'
export type { Note } from './note.js'
export { MAX_DEPTH, MAX_VALUES } from './flatten.js'
export { textOf } from './value.js'
