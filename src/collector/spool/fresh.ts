import type { Leased } from './spool.js'

/** More than that are read from the file again. */
const MAX_FRESH = 2_000
/** The file is looked at so often whatever is in memory: a lease may have ended. */
const LOOK_MS = 1_000

/**
 * What this process appended to its file and nobody has leased yet, so that under load it need not be read again.
 *
 * It is used only while it is all that the file holds besides what this process has leased, and only when nobody else
 * has leased anything since: then it is what the file would give. In any other case the file is asked.
 */
export function createFresh() {
  let waiting: Leased[] = []
  let leases = -1
  let lookedAt = 0
  const held = new Set<string>()

  return {
    add(item: Leased) {
      if (waiting.length < MAX_FRESH) waiting.push(item)
    },
    /** The oldest of the file, up to `max`, where that is certain. `inFile`: how many items it holds, `leasesInFile`: how many leases were ever given. */
    take(max: number, inFile: number, leasesInFile: number): Leased[] | null {
      const certain = leases === leasesInFile && waiting.length > 0 && inFile === waiting.length + held.size && performance.now() - lookedAt < LOOK_MS
      return certain ? waiting.splice(0, max) : null
    },
    /** Items were leased; `before` and `after` are how many leases had been given. `read`: they were read from the file. */
    leased(items: readonly Leased[], before: number, after: number, read: boolean) {
      // Others may have had any of them meanwhile.
      if (leases !== before) waiting = []
      leases = after
      for (const { lease } of items) held.add(lease)
      if (!read) return
      lookedAt = performance.now()
      if (waiting.length > 0) waiting = waiting.filter(({ lease }) => !held.has(lease))
    },
    settled(items: readonly Leased[]) {
      for (const { lease } of items) held.delete(lease)
    },
    /** Nothing of it is certain any more. */
    forget() {
      waiting = []
      leases = -1
    },
  }
}
