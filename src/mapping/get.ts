import { plain } from './value.js'

/** A property of anything, a Date as a text; `NaN`, which is nothing's value, where it cannot be read. */
export function get(owner: unknown, key: string): unknown {
  try {
    return plain((owner as Record<string, unknown> | undefined)?.[key])
  } catch {
    return NaN
  }
}
