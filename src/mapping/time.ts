import { finite } from './value.js'

const ISO_8601 = /^[+-]?\d{4,6}-\d\d-\d\d(T\S+)?$/

/**
 * Epoch milliseconds, an integer, of a Date, an ISO 8601 text or epoch milliseconds; otherwise `undefined`.
 * Other texts are not handed to `Date`: each engine reads them in its own way.
 */
export function timeOf(value: any): number | undefined {
  try {
    // By `toJSON`, since a Date of another frame is no `instanceof` this one's.
    const time = typeof value === 'object' ? value.toJSON() : value
    if (typeof time === 'number' || (typeof time === 'string' && ISO_8601.test(time))) return finite(+new Date(time))
  } catch {
    // What cannot be read is no time.
  }
  return undefined
}
