import { plain } from './value.js'

/** A property of anything, a Date as a text; `otherwise` where a getter or a Proxy throws, or the Date is invalid. */
export function get(owner: unknown, key: string, otherwise?: unknown): unknown {
  try {
    return plain((owner as Record<string, unknown> | undefined)?.[key])
  } catch {
    return otherwise
  }
}
