const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * How long to wait before the next attempt: full jitter, so that the browsers of a site do not come back
 * all at once. `tries` counts the attempts that failed, from 1; `random` is in [0, 1).
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const backoffMs = (tries: number, random: number): number =>
  random * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1))

/**
 * `Retry-After` in milliseconds, an hour at most: seconds or an HTTP date; 0 if there is none or it cannot be read.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export const retryAfterMs = (header: string | null, now: number): number =>
  Math.min(3_600_000, Math.max(0, +header! * 1000 || Date.parse(header!) - now || 0))
