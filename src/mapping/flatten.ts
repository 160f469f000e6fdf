import type { Note } from './note.js'
import { plain, textOf, withoutSeparators, type Scalar } from './value.js'

/** Deeper values are left out: nobody looks for a name of that many parts. */
export const MAX_DEPTH = 32

/** A walk that has met so many names enters no further object: a chain of objects that each hold the next one twice has 2 ** 32 of them within `MAX_DEPTH`. */
export const MAX_VALUES = 10_000

const isObject = (value: unknown): value is Record<string, unknown> => !!value && typeof value === 'object'

/**
 * The scalars of an object as they are sent, under dotted names; the first of two that share a name. `undefined` where
 * there are none.
 *
 * An array of scalars becomes one text, joined by `,`; any other array is an object with the names `0`, `1`, …. What is
 * nothing (see `textOf`) is left out silently. What cannot be walked (a getter or Proxy that throws, an invalid Date,
 * `__proto__`, a cycle, more than `MAX_DEPTH` levels or `MAX_VALUES` values) is left out alone, and noted.
 *
 * @param root what the notes call `source`
 * @param take gives a scalar as it is sent, but for its separators; nothing (see `textOf`) leaves it out
 * @param given stands in the place of what has its names in `source`
 */
export const flatten = <T extends Scalar>(
  source: unknown,
  root: string,
  note: Note,
  take: (name: string, value: Scalar) => T | undefined,
  given?: unknown,
): Record<string, T> | undefined => {
  let flat: Record<string, T> | undefined
  const seen = new Set<string>()

  /** `owners` are the objects around the value, innermost first. */
  const visit = (owners: readonly Record<string, unknown>[], key: string, name: string): void => {
    try {
      let value = plain(owners[0]![key])
      if (key === '__proto__' || owners.includes(value as never) || owners[MAX_DEPTH + 1]) throw Error()
      const items = Array.isArray(value) && Object.values(value).map(plain)
      if (items && !items.some(isObject)) value = items.filter(textOf).join()
      if (isObject(value)) {
        const keys = Object.keys(value)
        // What is too much is left out alone.
        if (seen.size + keys.length > MAX_VALUES) throw Error()
        const inner = [value, ...owners]
        for (const child of keys) {
          const full = (name && `${name}.`) + child
          if (seen.size < seen.add(full).size) visit(inner, child, full)
        }
      } else if (textOf(value)) {
        const taken = take(name, value as Scalar)
        if (textOf(taken)) (flat ??= {})[name] = withoutSeparators(taken!)
      }
    } catch {
      note(`${root}.${name}: unreadable, left out`)
    }
  }

  for (const one of [given, source]) if (isObject(one)) visit([{ '': one }], '', '')
  return flat
}
