/**
 * What travels from the page to the collector, and on to Amberflo.
 * Records and customers are Amberflo's own request bodies.
 * @see https://docs.amberflo.io
 */

/** One metered use: the body of Amberflo's `POST /ingest`. */
export interface MeterRecord {
  /** Amberflo discards a second record with this id if every attribute is equal. */
  uniqueId: string
  customerId: string
  meterApiName: string
  meterValue: number
  /** Epoch milliseconds, an integer. */
  meterTimeInMillis: number
  /** Names and values are strings; a value holds no `/` or `|` and at most 200 code points. */
  dimensions?: Record<string, string>
}

/** One customer: the body of Amberflo's `POST /customers`. */
export interface Customer {
  customerId: string
  customerName: string
  customerEmail?: string
  /** Strings, numbers and booleans only. */
  traits?: Record<string, string | number | boolean>
}

/** The body of `POST {collectorUrl}?b={batch}`: one customer's usage under one token. */
export interface Envelope {
  v: 1
  batch: string
  /** The browser's clock when the batch was sent, epoch milliseconds. */
  sentAt: number
  token?: string
  customers?: Customer[]
  records?: MeterRecord[]
}

/** The collector's answer with status 200: every record's fate is final. */
export interface Answer {
  accepted: number
  duplicates: number
  /** `id` is a record's `uniqueId`, or a customer's `customerId`. */
  rejected: { id: string; reason: string }[]
}
