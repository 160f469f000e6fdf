import { MAX_DEPTH, MAX_VALUES, type Note } from '../../mapping/index.js'

/**
 * A copy that Segment's runtime can walk, which follows every value without an end in sight: a cycle, a getter or
 * Proxy that throws, and what is too deep or too much are left out, and noted.
 *
 * @param root what the notes call `source`
 */
export const walkable = <T>(source: T, root: string, note: Note): T => {
  let left = MAX_VALUES

  const copy = (read: () => unknown, name: string, owners: readonly unknown[]): unknown => {
    try {
      const value = read()
      if (typeof value !== 'object' || value === null || 'toISOString' in value) return value
      if (owners.includes(value) || owners[MAX_DEPTH]) throw Error()
      const keys = Object.keys(value)
      const rest = left - keys.length
      if (rest < 0) throw Error()
      left = rest
      const copied: object = Array.isArray(value) ? [] : {}
      for (const key of keys) {
        const child = copy(() => (value as Record<string, unknown>)[key], `${name}.${key}`, [...owners, value])
        Object.defineProperty(copied, key, { value: child, enumerable: true, configurable: true, writable: true })
      }
      return copied
    } catch {
      note(`${name}: unreadable, left out`)
      // A value that is there and is nothing: a missing one has a default, which would be billed.
      return Symbol()
    }
  }

  return copy(() => source, root, []) as T
}
