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
  const json = JSON.stringify(value)
  // No UTF-16 unit takes more than 3 bytes of UTF-8. Then each `%xx` is one; not everywhere is a `TextEncoder`.
  const tooLarge =
    json.length * 3 > MAX_RECORD_BYTES && encodeURIComponent(json).replace(/%../g, '.').length > MAX_RECORD_BYTES
  return tooLarge ? { refusal: 'too_large', notes } : { value, notes }
}
