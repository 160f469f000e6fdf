import { setEntry, type Store } from './storage.js'

/** A lease outlives the longest pause between two renewals: timers of a hidden page may run once a minute. */
const LEASE_MS = 150_000
const RENEWAL_MS = 30_000

/** What is used of Web Locks: of all pages of the origin, one holds a name, until what `hold` gives has ended. */
export interface Locks {
  request(name: string, options: { ifAvailable: true }, hold: (lock: unknown) => Promise<void>): Promise<unknown>
}

/**
 * Web Locks, which the browser releases when a page ends, however it ends. Where there are none (pages
 * that are not secure contexts), leases in `localStorage`, which last while they are renewed: then two pages
 * may at worst hold the same name, and send the same leftovers, which the collector discards as duplicates.
 * @see https://www.w3.org/TR/web-locks/
 */
export const openLocks = (store: Store): Locks =>
  navigator.locks ?? {
    async request(name, _options, hold) {
      const entry = 'tab ' + name
      const age = Date.now() - +store[entry]!
      // One from the future was made by a clock that has been set back since.
      if (age >= 0 && age < LEASE_MS) return
      const renew = () => setEntry(store, entry, `${Date.now()}`)
      // One that cannot be kept is granted all the same: what two pages send is discarded as duplicates, what none sends is not billed.
      const timer = renew() ? setInterval(renew, RENEWAL_MS) : 0
      await hold(true)
      clearInterval(timer)
      setEntry(store, entry)
    },
  }
