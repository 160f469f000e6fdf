import { MAX_RECORD_BYTES } from '../wire/limits.js'
import type { Reason } from '../wire/reasons.js'

/**
 * What came of an event or an action's fields: what to send, or why nothing is sent.
 * `notes` has one line for each thing that was left out or replaced; it names the place
 * (`properties.user.self: a cycle, left out`) and never tells the value.
 */
export type Mapped<T> = { value: T; notes: string[] } | { refusal: Reason; notes: string[] }

/** `value`, or its refusal where its JSON is larger than the wire allows. */
export function sized<T>(value: T, notes: string[]): Mapped<T> {
  // Each `%xx` is one byte of UTF-8. Not every environment has `TextEncoder`.
  const bytes = encodeURIComponent(JSON.stringify(value)).replace(/%../g, '.').length
  return bytes > MAX_RECORD_BYTES ? { refusal: 'too_large', notes } : { value, notes }
}
