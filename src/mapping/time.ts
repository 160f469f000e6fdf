import { finite } from './value.js'

const ISO_8601 = /^[+-]?\d{4,6}-\d\d-\d\d(T\S+)?$/

/**
 * Epoch milliseconds, an integer, of an ISO 8601 text (which a Date's JSON is) or epoch milliseconds;
 * otherwise `undefined`. Other texts are not handed to `Date`: each engine reads them in its own way.
 */
export const timeOf = (value: unknown): number | undefined =>
  typeof value === 'number' || (typeof value === 'string' && ISO_8601.test(value)) ? finite(+new Date(value)) : undefined
