import type { Note } from './note.js'
import { plain, textOf, type Scalar } from './value.js'

/** Deeper values are left out: nobody looks for a name of that many parts. */
export const MAX_DEPTH = 32

/** How many values one walk looks at: objects that each hold the next one twice have more than anybody can wait for. */
export const MAX_VALUES = 10_000

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Adds the scalars of an object to `flat`, under dotted names; a name that is there already stands.
 *
 * An array of scalars becomes one text, joined by `,`; any other array is an object with the names `0`, `1`, …. What is
 * nothing (see `textOf`) is left out silently. What cannot be walked (a getter or Proxy that throws, an invalid Date,
 * `__proto__`, a cycle, more than `MAX_DEPTH` levels or `MAX_VALUES` values) is left out alone, and noted.
 *
 * @param root what the notes call `source`
 */
export function flatten(source: unknown, root: string, note: Note, flat = new Map<string, Scalar>()): Map<string, Scalar> {
  let left = MAX_VALUES

  /** `owners` are the objects around the value, outermost first: none around `source` itself. */
  const visit = (read: () => unknown, name: string, owners: readonly unknown[]): void => {
    try {
      let value = plain(read())
      if (`.${name}`.endsWith('.__proto__') || owners.includes(value) || owners[MAX_DEPTH]) throw Error()
      const items = Array.isArray(value) && Object.values(value).map(plain)
      if (items && !items.some(isObject)) value = items.filter(textOf).join()
      if (textOf(value)) flat.set(name, value as Scalar)
      else if (isObject(value)) {
        const owner = value
        const keys = Object.keys(owner)
        // What is too much is left out alone.
        const rest = left - keys.length
        if (rest < 0) throw Error()
        left = rest
        for (const key of keys) {
          const child = (name && `${name}.`) + key
          if (!flat.has(child)) visit(() => owner[key], child, [...owners, owner])
        }
      }
    } catch {
      note(`${root}.${name}: unreadable, left out`)
    }
  }

  if (isObject(source)) visit(() => source, '', [])
  return flat
}
