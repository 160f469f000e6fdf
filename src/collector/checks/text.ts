/// <reference lib="es2024.string" />

const MAX_TEXT_LENGTH = 256

/** A name or id: 1 to 256 characters that can be written in UTF-8 (half a surrogate pair cannot). */
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH && value.isWellFormed()

/**
 * Text as it is written: half a surrogate pair, as a page makes it that cuts an emoji in two, becomes U+FFFD, the same
 * each time. Ids are not mended: two could become one.
 */
export const mend = (value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value)

export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** At most `max` UTF-8 bytes; counts them only where the number of characters leaves it open. */
export function fitsBytes(text: string, max: number): boolean {
  if (text.length * 3 <= max) return true
  return text.length <= max && new TextEncoder().encode(text).length <= max
}
