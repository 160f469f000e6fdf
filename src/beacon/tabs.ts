import { setEntry, type Store } from './storage.js'

/** A lease outlives the longest pause between two requests: timers of a hidden page may run once a minute. */
const LEASE_MS = 150_000

/** What is used of Web Locks: of all pages of the origin, one holds a name, until what `hold` gives has ended. */
export interface Locks {
  request(name: string, options: { ifAvailable: true }, hold: (lock: unknown) => Promise<void> | undefined): Promise<unknown>
}

/**
 * Web Locks, which the browser releases when a page ends, however it ends. Where there are none (pages
 * that are not secure contexts), leases in `localStorage`, which last while they are requested again: then two pages
 * may at worst hold the same name, and send the same leftovers, which the collector discards as duplicates.
 * @see https://www.w3.org/TR/web-locks/
 */
export const openLocks = (store: Store): Locks => {
  const held = new Set<string>()
  return navigator.locks ?? {
    async request(name, _options, hold) {
      const entry = 'tab ' + name
      const isNew = !held.has(name)
      const left = +store[entry]! - Date.now()
      // A lease from further ahead than any lasts was made by a clock that has been set back since.
      if (isNew && left > 0 && left <= LEASE_MS) return
      setEntry(store, entry, `${Date.now() + LEASE_MS}`)
      if (!isNew) return
      held.add(name)
      await hold(true)
      held.delete(name)
      setEntry(store, entry)
    },
  }
}
