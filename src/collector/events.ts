import type { Reason } from '../wire/reasons.js'

/** Why a whole request was not taken: the `error` of the answer's body, with its status. */
export const refusals = {
  bad_encoding: 400,
  bad_json: 400,
  bad_envelope: 400,
  unsupported_version: 400,
  no_proof: 401,
  bad_token: 401,
  expired_token: 401,
  no_session: 401,
  origin_not_allowed: 403,
  wrong_customer: 403,
  method_not_allowed: 405,
  too_slow: 408,
  too_large: 413,
  too_many: 413,
  customer_busy: 429,
  address_busy: 429,
  internal: 500,
  overloaded: 503,
  not_now: 503,
  spool_full: 503,
  identity_unavailable: 503,
} as const

export type RefusalCode = keyof typeof refusals

/** What a person should look at. */
export const alarms = {
  wrong_key: 'Amberflo answered 401 or 403: the API key is wrong or lacks the right',
  wrong_url: 'Amberflo answered with a redirect, 404, 405 or a page: the URL is wrong',
  count_mismatch: 'Amberflo ingested another number of records than were sent',
  unreadable_answer: 'Amberflo’s answer is not what its documentation says',
  upstream_refused: 'Amberflo refused a record or customer for good',
  authenticate_failed: 'the `authenticate` function threw, gave what is no session, or nothing in time',
  jwks_unavailable: 'the JWKS URL gives no keys',
  spool_failed: 'the spool could not be opened, read or written',
  bug: 'an error that nothing foresaw',
} as const

export type Alarm = keyof typeof alarms

/**
 * What happens inside a collector, for logs and metrics. Events hold counts, names and times,
 * never a body, a key, a token, or a customer's or record's id.
 */
export type CollectorEvent =
  /** A batch was answered with 200. */
  | { type: 'taken'; accepted: number; duplicates: number }
  /** Records or customers of an otherwise good batch were rejected alone. */
  | { type: 'rejected'; reason: Reason; count: number }
  /** A whole request was refused. */
  | { type: 'refused'; status: number; error: RefusalCode }
  /** One request to Amberflo ended; status 0: no answer, and why, as far as it is known. */
  | { type: 'upstream'; method: string; path: '/ingest' | '/customers'; status: number; ms: number; error?: string; cause?: string }
  | { type: 'alarm'; alarm: Alarm; detail: Record<string, string | number> }

export type Observe = (event: CollectorEvent) => void
