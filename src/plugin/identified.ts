const ENTRY = 'amberflo:identified'
const DAY_MS = 24 * 3600 * 1000

export interface Identified {
  /** Whether exactly this was accepted less than a day ago. */
  has(json: string): boolean
  /** Remembers what was accepted just now. */
  add(json: string): void
}

/**
 * The customer that was accepted last: one entry for the origin in localStorage, or in memory where that is blocked.
 *
 * @param scope the collector, because another one does not know the customer
 */
export const createIdentified = (scope: string): Identified => {
  let memory = ''
  const entry = (at: number, json: string): string => `${at} ${scope} ${json}`
  return {
    has(json) {
      let last = memory
      try {
        last = localStorage.getItem(ENTRY) ?? last
      } catch {
        // Memory has it.
      }
      const at = parseInt(last)
      const age = Date.now() - at
      // A time in the future is a clock that was set back since.
      return age >= 0 && age < DAY_MS && last === entry(at, json)
    },
    add(json) {
      memory = entry(Date.now(), json)
      try {
        localStorage.setItem(ENTRY, memory)
      } catch {
        // Memory has it.
      }
    },
  }
}
