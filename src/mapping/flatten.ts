import { attempt, get, isObject, UNREADABLE } from './get.js'
import { isScalar, type Scalar } from './value.js'

/** Deeper values are left out: nobody looks for a name of that many parts. */
export const MAX_DEPTH = 32

/**
 * How many values one walk looks at. Without being a cycle, a `toJSON` that gives ever new objects, or
 * objects that each hold the next one twice, have more values than anybody can wait for.
 */
export const MAX_VALUES = 100_000

/**
 * Gives the scalars of a plain object under dotted names, or `undefined` where there are none.
 *
 * Nested objects become dotted names. An array of scalars becomes one text, joined by `,`; any other
 * array is a nested object with the names `0`, `1`, …. Where two values come under one name, the later
 * stands. Nothing (see `isScalar`) is left out silently.
 *
 * Never throws: what cannot be walked (see `get`; a cycle, more than `MAX_DEPTH` levels or `MAX_VALUES`
 * values) is left out alone, and noted.
 *
 * @param root what the notes call `source`
 * @param keep the value to send under a name, or `undefined` for none
 */
export function flatten<T>(
  source: unknown,
  root: string,
  notes: string[],
  keep: (value: Scalar, name: string) => T | undefined,
): Record<string, T> | undefined {
  let flat: Record<string, T> | undefined
  let left = MAX_VALUES

  const leaveOut = (name: string, why: string): void => {
    notes.push(`${root}${name && '.'}${name}: ${why}, left out`)
  }

  const read = (owner: unknown, key: string | number, name: string): unknown => {
    const value = get(owner, key, UNREADABLE)
    if (value === UNREADABLE) leaveOut(name, 'unreadable')
    return value
  }

  /** `owners` are the objects around the value, outermost first: none around `source` itself. */
  const visit = (value: unknown, name: string, owners: readonly object[]): void => {
    if (isScalar(value)) {
      const kept = keep(value, name)
      if (kept !== undefined) (flat ??= {})[name] = kept
    } else if (isObject(value)) {
      const isRoot = !owners[0]
      const isList = !isRoot && (Array.isArray(value) || ArrayBuffer.isView(value))
      const keys = attempt(() =>
        // A list can be far longer than what it holds, or than anybody can wait for.
        isList ? [...Array(Math.min((value as unknown[]).length, left + 1)).keys()] : Object.keys(value),
      )
      if (!keys) return leaveOut(name, 'unreadable')
      if (owners.includes(value)) return leaveOut(name, 'a cycle')
      if (owners.length > MAX_DEPTH) return leaveOut(name, 'too deep')
      if (keys.length > left) return leaveOut(name, 'too large')
      left -= keys.length

      const names = keys.map((key) => (isRoot ? String(key) : `${name}.${key}`))
      const values = keys.map((key, i) => read(value, key, names[i]!))
      if (isList && !values.some(isObject)) visit(values.filter(isScalar).join(), name, owners)
      else names.forEach((child, i) => visit(values[i], child, [...owners, value]))
    }
  }

  if (isObject(source)) visit(read([source], 0, ''), '', [])
  return flat
}
