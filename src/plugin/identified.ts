/** What the collector last took of a customer, for this origin: one entry, which the next customer replaces. */

const ENTRY = 'amberflo:identified'
const FRESH_MS = 24 * 3600 * 1000

export interface Identified {
  /** Whether exactly this was accepted less than a day ago. */
  has(json: string): boolean
  /** Remembers what was accepted just now. */
  add(json: string): void
}

/**
 * @param scope the collector, because another one does not know the customer
 * @param storage absent or blocked: memory takes its place
 */
export const createIdentified = (scope: string, storage: () => Storage, now: () => number): Identified => {
  let memory = '[]'
  const read = (): string => {
    try {
      return storage().getItem(ENTRY) ?? memory
    } catch {
      return memory
    }
  }
  return {
    has(json) {
      try {
        const [at, ...rest] = JSON.parse(read())
        // A time in the future is a clock that was set back since.
        return now() >= at && now() - at < FRESH_MS && String(rest) === String([scope, json])
      } catch {
        return false
      }
    },
    add(json) {
      memory = JSON.stringify([now(), scope, json])
      try {
        storage().setItem(ENTRY, memory)
      } catch {
        // Memory has it.
      }
    },
  }
}
