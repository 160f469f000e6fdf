export interface Memory<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  readonly size: number
}

export interface MemoryOptions<V> {
  max: number
  ttlMs: number
  now: () => number
  /** What a value counts for towards `maxWeight`. */
  weigh?: (value: V) => number
  maxWeight?: number
}

/**
 * A map that forgets. What was set is known for at least `ttlMs`, and for less than twice that; at most `max`
 * entries, and values of `maxWeight`, are held, and under pressure the older half goes first.
 *
 * Two generations cost nothing per entry: no time to store, no list to keep in order.
 */
export function createMemory<V>({ max, ttlMs, now, weigh = () => 0, maxWeight = Number.POSITIVE_INFINITY }: MemoryOptions<V>): Memory<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let bornAt = now()
  let weight = 0

  function age() {
    const time = now()
    if (time - bornAt < ttlMs && young.size < max / 2 && weight < maxWeight / 2) return
    // After a long silence the young are too old as well.
    old = time - bornAt < 2 * ttlMs ? young : new Map<string, V>()
    young = new Map<string, V>()
    bornAt = time
    weight = 0
  }

  return {
    get size() {
      return young.size + old.size
    },
    get(key) {
      age()
      return young.get(key) ?? old.get(key)
    },
    set(key, value) {
      age()
      const before = young.get(key)
      weight += weigh(value) - (before === undefined ? 0 : weigh(before))
      // What the old half holds under this key is never found again.
      young.set(key, value)
    },
  }
}
