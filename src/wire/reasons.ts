/**
 * Every reason for which usage is refused or dropped, by name: the name is what the code, the logs,
 * the metrics and `onReceipt` say; the text is what the documentation says.
 */
export const reasons = {
  // In the page, before anything is kept.
  no_customer: 'the event has no customer id, and anonymous usage is dropped',
  no_consent: 'a category in `consentCategories` is not granted',
  blank_meter: 'the meter name is blank',
  bad_value: 'the meter value is not a number',
  too_large: 'the record is over 32 KiB of JSON',
  no_id: 'the event has no message id',
  threw: 'the site’s own `customerId` function or destination middleware threw an error',
  // In the page's outbox.
  expired: 'the record waited 30 days',
  overflow: 'the outbox holds 10,000 records or 2 MiB',
  superseded: 'a newer identify of the same customer replaced it',
  refused: 'the collector can never take the batch (400, 413 or 422)',
  // At the collector, one record alone.
  bad_unique_id: '`uniqueId` is not a string of 1 to 256 characters',
  bad_customer_id: '`customerId` is not a string of 1 to 256 characters',
  bad_meter: '`meterApiName` is not a string of 1 to 256 characters',
  meter_not_allowed: 'the meter is on neither the collector’s nor the token’s list',
  negative_value: 'the meter value is below zero',
  bad_time: '`meterTimeInMillis` is not an integer of epoch milliseconds',
  in_future: 'the time is more than 5 minutes ahead',
  too_old: 'the time is more than 60 days back',
  bad_dimensions: 'a dimension is not a string',
  reserved_dimension: 'the dimension’s name begins with `aflo.`',
  customer_mismatch: 'the record is for another customer than the token or session proves',
  over_limit: 'the customer’s cap on value per day is reached',
  bad_customer: 'the customer’s name, email or traits are malformed',
  customers_off: 'this collector takes no customers',
  refused_upstream: 'Amberflo itself refused the record or customer',
} as const

export type Reason = keyof typeof reasons
