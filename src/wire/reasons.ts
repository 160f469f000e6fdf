/**
 * Every reason for which usage is refused or dropped: what the logs, the metrics and `onReceipt` say. The tables of
 * the documentation say what each means.
 */
export const reasons = [
  // In the page, before anything is kept.
  'no_customer',
  'no_consent',
  'blank_meter',
  'bad_value',
  'too_large',
  'no_id',
  'threw',
  // In the page's outbox.
  'expired',
  'overflow',
  'superseded',
  'refused',
  // At the collector, one record alone.
  'bad_unique_id',
  'bad_customer_id',
  'bad_meter',
  'meter_not_allowed',
  'negative_value',
  'bad_time',
  'in_future',
  'too_old',
  'bad_dimensions',
  'reserved_dimension',
  'customer_mismatch',
  'over_limit',
  'bad_customer',
  'customers_off',
  'refused_upstream',
] as const

export type Reason = (typeof reasons)[number]
