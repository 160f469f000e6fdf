import type { Transact } from '../database.js'
import { openDatabase } from '../database.js'

/** The real database over `fake-indexeddb`, with commits that can be held back, counted, and made to fail. */
export function createDisk(name = 'outbox') {
  const real = openDatabase(name)
  const disk = { commits: 0, full: false, blocked: false }
  let gate: Promise<void> | undefined
  const transact: Transact = async (mode, work) => {
    if (mode === 'readwrite') {
      disk.commits++
      await gate
      if (disk.full) throw new DOMException('full', 'QuotaExceededError')
    }
    if (disk.blocked) throw new DOMException('blocked', 'SecurityError')
    return real(mode, work)
  }
  return Object.assign(disk, {
    transact,
    /** Commits wait until the function that it gives is called. */
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
      ((await real('readonly', (store) => store.getAll())) as { items: { id: string }[] }[]).map(({ items }) => items.map(({ id }) => id)),
  })
}
