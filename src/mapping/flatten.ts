import { isScalar, type Scalar } from './value.js'

/** Deeper values are left out: nobody looks for a name of that many parts. */
export const MAX_DEPTH = 32

/**
 * How many values one walk looks at. Without being a cycle, a `toJSON` that gives ever new objects, or
 * objects that each hold the next one twice, have more values than anybody can wait for.
 */
export const MAX_VALUES = 100_000

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * A property, or what its `toJSON` gives if it has one, as a Date has: just as in the event's own JSON.
 *
 * @throws if there is no telling: a getter, `toJSON` or Proxy that throws, an invalid Date, `__proto__`
 */
function read(owner: any, key: string | number): unknown {
  const value = owner[key]
  const json = isObject(value) && typeof (value as any).toJSON === 'function' ? (value as Date).toJSON() : value
  if (key === '__proto__' || (json === null && value)) throw new TypeError()
  return json
}

/**
 * Gives the scalars of a plain object under dotted names, or `undefined` where there are none.
 *
 * Nested objects become dotted names. An array of scalars becomes one text, joined by `,`; any other
 * array is a nested object with the names `0`, `1`, …. Where two values come under one name, the later
 * stands. Nothing (see `isScalar`) is left out silently.
 *
 * Never throws: what cannot be walked (see `read`; a cycle, more than `MAX_DEPTH` levels or `MAX_VALUES`
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
  const flat: Record<string, T> = {}
  let left = MAX_VALUES

  /** `owners` are the objects around the value, outermost first: none around `source` itself. */
  const visit = (owner: unknown, key: string | number, path: string, owners: readonly object[]): void => {
    const take = (value: unknown): void => {
      const name = path.slice(root.length + 1)
      const kept = owners[0] && isScalar(value) ? keep(value, name) : undefined
      if (kept !== undefined) flat[name] = kept
    }

    let why = 'unreadable'
    try {
      const value = read(owner, key)
      if (!isObject(value)) return take(value)
      const isList = owners[0] && (Array.isArray(value) || ArrayBuffer.isView(value))
      // A list can be far longer than what it holds, or than anybody can wait for.
      const items = isList
        ? Array.from({ length: Math.min((value as unknown[]).length, left + 1) }, (_, i) => read(value, i))
        : value
      const keys = Object.keys(items)
      why =
        owners.includes(value) ? 'a cycle'
        : owners.length > MAX_DEPTH ? 'too deep'
        : keys.length > left ? 'too large'
        : ''
      if (!why) {
        left -= keys.length
        if (Array.isArray(items) && isList && !items.some(isObject)) take(items.filter(isScalar).join())
        else for (const child of keys) visit(items, child, `${path}.${child}`, [...owners, value])
      }
    } catch {
      // `why` says so.
    }
    if (why) notes.push(`${path}: ${why}, left out`)
  }

  visit([source], 0, root, [])
  return Object.keys(flat)[0] === undefined ? undefined : flat
}
