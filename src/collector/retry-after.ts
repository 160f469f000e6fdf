/** The longest wait that is believed, so that a slip upstream cannot silence a collector for a day. */
const MAX_RETRY_AFTER_MS = 5 * 60 * 1000

/** Reads a `Retry-After` header, seconds or an HTTP date, as milliseconds from `now`. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  if (Number.isNaN(ms)) return undefined
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** Whole seconds, at least 1, for a `Retry-After` header. */
export function formatRetryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}
