/** JSON text that is equal for equal values, whatever the order of their keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isObject(inner) ? sortKeys(inner) : inner))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Entries, not an object: integer-like keys would be moved to the front, and `__proto__` would be lost.
function sortKeys(object: Record<string, unknown>) {
  return { entries: Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, value]) }
}
