/** Sizes that both sides of the wire agree on. Bytes are UTF-8, times are milliseconds. */

/** A single record's JSON may not be larger than this. */
export const MAX_RECORD_BYTES = 32 * 1024

/** A batch closes before it grows beyond either of these. */
export const MAX_BATCH_RECORDS = 100
export const MAX_BATCH_BYTES = 48 * 1024

/** What browsers let be in flight at once, `sendBeacon` and `fetch` with `keepalive` together; also the largest body the collector reads. */
export const MAX_BODY_BYTES = 64 * 1024

/** The most records and customers the collector takes in one body. */
export const MAX_BODY_RECORDS = 500
