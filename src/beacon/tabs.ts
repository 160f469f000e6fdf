import { setEntry, type Store } from './storage.js'

/** A lease outlives the longest pause between two beats: timers of a hidden page may run once a minute. */
const LEASE_MS = 150_000

/** Which page delivers what: each owner's leftovers belong to the one page that has claimed it. */
export interface Tabs {
  /** Calls `mine` if no living page has the owner, which is this page's then until `leave`. */
  claim(owner: string, mine: () => void): void
  /** To be called every minute, for as long as the page lives. */
  beat(): void
  leave(): void
}

/**
 * By Web Locks, which the browser releases when a page ends, however it ends. Where there are none (pages
 * that are not secure contexts), by a lease in `localStorage` that runs out: then two pages may at worst
 * send the same leftovers, which the collector discards as duplicates.
 * @see https://www.w3.org/TR/web-locks/
 */
export function createTabs(name: string, locks: LockManager | undefined, store: Store): Tabs {
  const held = new Map<string, () => void>()
  const nameOf = (owner: string) => `${name} tab ${owner}`

  const beat = () => {
    // Where storage is full, another page may send the same leftovers.
    if (!locks) for (const owner of held.keys()) setEntry(store, nameOf(owner), `${Date.now() + LEASE_MS}`)
  }

  return {
    claim(owner, mine) {
      const key = nameOf(owner)
      if (held.has(owner)) return
      if (locks) {
        held.set(owner, () => {})
        const hold = (lock: Lock | null) => {
          // The page may have left before it was granted.
          if (!lock || !held.has(owner)) return void held.delete(owner)
          mine()
          return new Promise<void>((release) => held.set(owner, release))
        }
        // Refused: storage is blocked as well, so there are no leftovers.
        locks.request(key, { ifAvailable: true }, hold).catch(() => {})
        return
      }
      const left = +(store[key] ?? 0) - Date.now()
      // A lease from further ahead than any lasts was made by a clock that has been set back since.
      if (left > 0 && left <= LEASE_MS) return
      held.set(owner, () => setEntry(store, key))
      beat()
      mine()
    },
    beat,
    leave() {
      for (const release of held.values()) release()
      held.clear()
    },
  }
}
