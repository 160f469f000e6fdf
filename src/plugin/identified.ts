import { openStore, setEntry, type Store } from '../beacon/index.js'

const ENTRY = 'amberflo:identified'
const DAY_MS = 24 * 3600 * 1000

export interface Identified {
  /** Takes a customer for the newest. Whether exactly this was accepted less than a day ago; else, what was is forgotten. */
  knows(json: string): boolean
  /** Remembers what was accepted just now, if it is the newest still. */
  accept(json: string): void
}

/**
 * The customer that was accepted last: one entry for the origin.
 *
 * @param scope the collector, because another one does not know the customer
 */
export const createIdentified = (scope: string): Identified => {
  // Not before it is asked: a plugin may be made on a server.
  let store: Store | undefined
  let newest: string
  const entry = (at: number, json: string): string => `${at} ${scope} ${json}`
  return {
    knows(json) {
      newest = json
      store ??= openStore()
      const at = parseInt(store[ENTRY]!)
      const age = Date.now() - at
      // A time in the future is a clock that was set back since.
      const isKnown = age >= 0 && age < DAY_MS && store[ENTRY] === entry(at, json)
      // What was accepted may be asked for again before this one is.
      if (!isKnown) setEntry(store, ENTRY)
      return isKnown
    },
    accept(json) {
      if (json === newest) setEntry(store!, ENTRY, entry(Date.now(), json))
    },
  }
}
