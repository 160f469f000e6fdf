import type { Transact } from '../database.js'
import { openDatabase } from '../database.js'

/** The real database over `fake-indexeddb`, with transactions that can be held back, counted, and made to fail. */
export function createDisk(name = 'outbox') {
  const real = openDatabase(name)
  const disk = { commits: 0, full: false, blocked: false }
  let gate: Promise<void> | undefined
  const transact: Transact = async (work) => {
    disk.commits++
    await gate
    if (disk.full) throw new DOMException('full', 'QuotaExceededError')
    if (disk.blocked) throw new DOMException('blocked', 'SecurityError')
    return real(work)
  }
  return Object.assign(disk, {
    transact,
    /** Transactions wait until the function that it gives is called. */
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => (release = resolve))
      return () => {
        gate = undefined
        release()
      }
    },
    /** The ids of all items on it, row by row. */
    rows: async () =>
      ((await real((store) => store.getAll())) as { items: { id: string }[] }[]).map(({ items }) => items.map(({ id }) => id)),
  })
}
