export interface Memory<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  readonly size: number
}

/**
 * A map that forgets what is older than `ttlMs`, and the oldest when it holds more than `max`.
 * Setting a key again makes it young again.
 */
export function createMemory<V>({ max, ttlMs, now }: { max: number; ttlMs: number; now: () => number }): Memory<V> {
  const entries = new Map<string, { value: V; until: number }>()

  return {
    get size() {
      return entries.size
    },
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (entry.until > now()) return entry.value
      entries.delete(key)
      return undefined
    },
    set(key, value) {
      const time = now()
      entries.delete(key)
      entries.set(key, { value, until: time + ttlMs })
      // A Map keeps the order of insertion, so the oldest come first.
      for (const [oldest, { until }] of entries) {
        if (entries.size <= max && until > time) break
        entries.delete(oldest)
      }
    },
    delete(key) {
      entries.delete(key)
    },
  }
}
