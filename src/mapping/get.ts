export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Stands for a property of which there is no telling. */
export const UNREADABLE = Symbol()

/**
 * A property; or what its `toJSON` gives if it has one, as a Date has: just as in the event's own JSON.
 *
 * @param otherwise is given where there is no telling: no such owner, a getter, `toJSON` or Proxy that
 *   throws, an invalid Date, `__proto__`
 */
export function get(owner: unknown, key: string | number, otherwise?: unknown): unknown {
  try {
    const value = (owner as Record<string | number, unknown>)[key]
    if (key === '__proto__') return otherwise
    if (!isObject(value) || typeof (value as Partial<Date>).toJSON !== 'function') return value
    return (value as Date).toJSON() ?? otherwise
  } catch {
    return otherwise
  }
}

/** What `work` gives; `otherwise` if it throws, as a getter or a Proxy can make any work do. */
export function attempt<T, U = undefined>(work: () => T, otherwise?: U): T | U {
  try {
    return work()
  } catch {
    return otherwise as U
  }
}
