import type { Transact } from './database.js'
import type { Entry } from './item.js'
import { setEntry, type Store } from './storage.js'
import type { Locks } from './tabs.js'

/** How many rows are read in one transaction: no long task, however much a page has left. */
const READ_ROWS = 20
/** A row of more would hold up its neighbours' commit, and a takeover. */
const ROW_ITEMS = 100

/** What came in one turn, as it is stored: committed together, and written anew when some of it is final. */
interface Row {
  /** The page that made it, and its place among that page's rows: the storage key. */
  key: [owner: string, seq: number]
  /** Those that still wait; a row without any is deleted. Replaced, not changed, once the row is complete. */
  items: Entry[]
  /** Whether it is among the stored ones, or may be. */
  stored?: boolean
}

/** What waits, durably: what this page has made, and what it has taken over from pages that are gone. */
export interface Outbox {
  /** Resolves once the item is committed, or once it is known that it can only be held in memory. */
  put(item: Entry): Promise<void>
  /** The items' fate is final. */
  remove(items: readonly Entry[]): void
  /** Holds what is this page's, and takes over, once, what pages that are gone have left. */
  takeOver(): Promise<void>
  /** Writes at once what is not committed yet, for a page that is going. */
  leave(): void
  /** The same, and lets other pages take over what is this page's, until `takeOver`. */
  release(): void
}

/**
 * Group commit: all that comes in one turn, or while a commit is under way, is one transaction.
 *
 * What a page could not commit before it went is in `localStorage`, one entry a page, since that is the only storage
 * that is written at once: the rows as they should be.
 *
 * @param newOwner names a page as no other is named
 * @param onItems takes what is to be sent
 * @param onBlocked is told that storage is blocked or full
 */
export function createOutbox(
  name: string,
  newOwner: () => string,
  transact: Transact,
  store: Store,
  locks: Locks,
  onItems: (items: readonly Entry[]) => void,
  onBlocked: (error: unknown) => void,
): Outbox {
  const prefix = name + ' left '
  const rowOf = new Map<Entry, Row>()
  // Rows that are stored otherwise, or not yet.
  const changed = new Set<Row>()
  // The keys of the rows that were taken over.
  const known = new Set<string>()
  let owner = newOwner()
  // Whose rows this page has: its own, and those that it took over.
  const taken = new Set([owner])
  let seq = 0
  // Takes what comes in this turn.
  let open: Row | undefined
  // Whether the journal holds anything of this page: asking it costs more than a commit.
  let noted = false
  let last = Promise.resolve()
  // The commit that takes what comes now: it begins when the turn, and the one before it, have ended.
  let next: Promise<void> | undefined
  // Until when the page holds what it has; nothing while it is released.
  let held: Promise<void> | undefined
  // Whether that is its own, too.
  let isMine = false
  let letGo = () => {}

  const note = () => {
    noted = !!changed.size
    setEntry(store, prefix + owner, noted && JSON.stringify([...changed]))
  }

  const commit = async () => {
    // With what could not be committed before.
    const saved = [...changed].map((row) => [row, row.items] as const)
    open = next = undefined
    try {
      await transact((rows) => {
        // Runs of rows, first and last: one deletion for all rows of a batch.
        const gone: [Row['key'], Row['key']][] = []
        for (const [{ key }, items] of saved) {
          const run = gone[gone.length - 1]
          if (items[0]) rows.put({ key, items }, key)
          else if (run && `${run[1]}` === `${[key[0], key[1] - 1]}`) run[1] = key
          else gone.push([key, key])
        }
        for (const [first, last] of gone) rows.delete(IDBKeyRange.bound(first, last))
      })
      // What has changed meanwhile is for the next.
      for (const [row, items] of saved) {
        row.stored = true
        if (row.items === items) changed.delete(row)
      }
      if (noted) note()
    } catch (error) {
      onBlocked(error)
      // What was never stored needs no deletion.
      for (const [row] of saved) if (!row.items[0] && !row.stored) changed.delete(row)
    }
  }

  const schedule = () => (next ??= last = last.then(commit))

  /** Takes the row for this page's, and hands over what it holds. */
  const adopt = (row: Row) => {
    row.stored = true
    for (const item of row.items) rowOf.set(item, row)
    onItems(row.items)
  }

  const isNew = ({ key }: Row) => known.size < known.add(`${key}`).size

  const read = <T>(work: (rows: IDBObjectStore) => IDBRequest<T[]>): Promise<T[]> => transact(work).catch(() => [])

  const take = async (other: string) => {
    if (taken.has(other)) return
    taken.add(other)
    // Newer than what is stored, also of rows which that page had taken over itself.
    const left = (JSON.parse(store[prefix + other] ?? '[]') as Row[]).filter(isNew)
    let rows: Row[]
    let from: [string, number?] = [other]
    // An array sorts after every number.
    while ((rows = await read((all) => all.getAll(IDBKeyRange.bound(from, [other, []], true), READ_ROWS)))[0]) {
      from = rows[rows.length - 1]!.key
      rows.filter(isNew).forEach(adopt)
    }
    for (const row of left) {
      changed.add(row)
      adopt(row)
    }
    await schedule()
    // Could they not be committed, they pass into this page's own entry before the old one goes.
    note()
    setEntry(store, prefix + other)
  }

  const claim = (other: string) =>
    // Refused: storage is blocked as well, so there are no leftovers.
    void locks.request(prefix + other, { ifAvailable: true }, (lock) => {
      // The page may have left before it was granted.
      if (!held) return
      if (lock) {
        if (other === owner) isMine = true
        return take(other).then(() => held)
      }
      if (other !== owner || isMine) return
      // Another page has taken what this one had let go of, and will not look there again.
      taken.add((owner = newOwner()))
      claim(owner)
    }).catch(() => {})

  return {
    put(item) {
      if (!open) changed.add((open = { key: [owner, seq++], items: [] }))
      rowOf.set(item, open)
      if (open.items.push(item) >= ROW_ITEMS) open = undefined
      onItems([item])
      return schedule()
    },
    remove(items) {
      for (const row of new Set(items.map((item) => rowOf.get(item)!))) {
        row.items = row.items.filter((item) => !items.includes(item))
        changed.add(row)
      }
      for (const item of items) rowOf.delete(item)
      void schedule()
    },
    async takeOver() {
      held ??= new Promise((resolve) => (letGo = resolve))
      claim(owner)
      const keys = (await read((rows) => rows.getAllKeys())) as Row['key'][]
      const noted = Object.keys(store).flatMap((key) => key.split(prefix).slice(1))
      for (const other of new Set([...noted, ...keys.map(([name]) => name)])) claim(other)
    },
    leave: note,
    release() {
      note()
      // Who takes over must find what is being committed. Else at once: Firefox looks before promises have their turn.
      if (changed.size) void last.then(letGo)
      else letGo()
      held = undefined
      isMine = false
    },
  }
}
