import { openStore, setEntry, type Store } from '../beacon/index.js'

const DAY_MS = 24 * 3600 * 1000

export interface Identified {
  /**
   * Takes a customer for the newest, under the id that its fate will have. Whether exactly this was accepted less than a
   * day ago; else, what was is forgotten.
   */
  knows(json: string, id: string): boolean
  /** Remembers what was accepted just now, if it is the newest still. */
  accept(id: string): void
}

/**
 * The customer that was accepted last.
 *
 * @param scope the collector, because another one does not know the customer
 */
export const createIdentified = (scope: string): Identified => {
  // Not before it is asked: a plugin may be made on a server.
  let store: Store
  let newest: string
  let newestId: string
  const entry = `identified ${scope}`
  return {
    knows(json, id) {
      newest = json
      newestId = id
      store ??= openStore()
      const at = parseInt(store[entry]!)
      const age = Date.now() - at
      // A time in the future is a clock that was set back since.
      const isKnown = age >= 0 && age < DAY_MS && store[entry] === at + json
      // The customer before may be identified again before this one is accepted, and must then be sent anew.
      if (!isKnown) setEntry(store, entry)
      return isKnown
    },
    accept(id) {
      if (id === newestId) setEntry(store, entry, Date.now() + newest)
    },
  }
}
