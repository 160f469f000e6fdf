import { openStore, setEntry, type Store } from '../beacon/index.js'

const ENTRY = 'amberflo:identified'
const DAY_MS = 24 * 3600 * 1000

export interface Identified {
  /** Whether exactly this was accepted less than a day ago. */
  has(json: string): boolean
  /** Remembers what was accepted just now. */
  add(json: string): void
}

/**
 * The customer that was accepted last: one entry for the origin.
 *
 * @param scope the collector, because another one does not know the customer
 */
export const createIdentified = (scope: string): Identified => {
  // Not before it is asked: a plugin may be made on a server.
  let store: Store | undefined
  const entry = (at: number, json: string): string => `${at} ${scope} ${json}`
  return {
    has(json) {
      store ??= openStore()
      const at = parseInt(store[ENTRY]!)
      const age = Date.now() - at
      // A time in the future is a clock that was set back since.
      return age >= 0 && age < DAY_MS && store[ENTRY] === entry(at, json)
    },
    add: (json) => setEntry((store ??= openStore()), ENTRY, entry(Date.now(), json)),
  }
}
