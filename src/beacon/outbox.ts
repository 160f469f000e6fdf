import type { Transact } from './database.js'
import type { Entry } from './item.js'
import { setEntry, type Store } from './storage.js'
import type { Locks } from './tabs.js'

/** How many rows are read in one transaction: no long task, however much a page has left. */
const READ_ROWS = 20
/** A row of more would hold up its neighbours' commit, and a takeover. */
const ROW_ITEMS = 100
/** What was committed together; it is deleted when the fate of all its items is final. */
interface Row {
  /** The page that made it, and its place among that page's rows: the storage key. */
  key: [owner: string, seq: number]
  items: Entry[]
}

/** What waits, durably: what this page has made, and what it has taken over from pages that are gone. */
export interface Outbox {
  /** Resolves once the item is committed, or once it is known that it can only be held in memory. */
  put(item: Entry): Promise<void>
  /** The item's fate is final. */
  remove(item: Entry): void
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
 * that is written at once.
 *
 * @param owner the page, by a name that no other has
 * @param onItems takes what is to be sent
 * @param onBlocked is told that storage is blocked or full
 */
export function createOutbox(
  name: string,
  owner: string,
  transact: Transact,
  store: Store,
  locks: Locks,
  onItems: (items: readonly Entry[]) => void,
  onBlocked: (error: unknown) => void,
): Outbox {
  const prefix = name + ' left '
  const rowOf = new Map<Entry, Row>()
  const unstored = new Set<Row>()
  // Whose rows this page has: its own, and those that it took over.
  const taken = new Set([owner])
  let seq = 0
  // Takes what comes in this turn.
  let open: Row | undefined
  // Runs of rows, first and last: one deletion for all rows of a batch.
  let gone: [Row['key'], Row['key']][] = []
  // Whether the journal holds anything of this page: asking it costs more than a commit.
  let noted = false
  let last = Promise.resolve()
  // The commit that takes what comes now: it begins when the turn, and the one before it, have ended.
  let next: Promise<void> | undefined
  // Until when the page holds what it has; nothing while it is released.
  let held: Promise<void> | undefined
  let letGo = () => {}

  const note = () => {
    noted = !!unstored.size
    setEntry(store, prefix + owner, noted && JSON.stringify([...unstored].flatMap((row) => row.items)))
  }

  const commit = async () => {
    // With what could not be committed before.
    const saved = [...unstored]
    const removed = gone
    gone = []
    open = next = undefined
    try {
      await transact((rows) => {
        for (const row of saved) rows.put(row, row.key)
        for (const [first, last] of removed) rows.delete(IDBKeyRange.bound(first, last))
      })
      for (const row of saved) unstored.delete(row)
      if (noted) note()
    } catch (error) {
      onBlocked(error)
    }
  }

  const schedule = () => (next ??= last = last.then(commit))

  const put = (item: Entry): Promise<void> => {
    if (!open) unstored.add((open = { key: [owner, seq++], items: [] }))
    rowOf.set(item, open)
    if (open.items.push(item) >= ROW_ITEMS) open = undefined
    onItems([item])
    return schedule()
  }

  const read = <T>(work: (rows: IDBObjectStore) => IDBRequest<T[]>): Promise<T[]> => transact(work).catch(() => [])

  const take = async (other: string) => {
    if (taken.has(other)) return
    taken.add(other)
    let rows: Row[]
    let from: [string, number?] = [other]
    // An array sorts after every number.
    while ((rows = await read((all) => all.getAll(IDBKeyRange.bound(from, [other, []], true), READ_ROWS)))[0]) {
      for (const row of rows) {
        from = row.key
        for (const item of row.items) rowOf.set(item, row)
        onItems(row.items)
      }
    }
    const left = JSON.parse(store[prefix + other] ?? '[]') as Entry[]
    // A commit may have come about after the journal was written.
    const known = new Set([...rowOf.keys()].map(({ json }) => json))
    await Promise.all(left.filter(({ json }) => !known.has(json)).map(put))
    // Could they not be committed, they pass into this page's own entry before the old one goes.
    note()
    setEntry(store, prefix + other)
  }

  const claim = (other: string) =>
    // Refused: storage is blocked as well, so there are no leftovers.
    void locks.request(prefix + other, { ifAvailable: true }, (lock) => {
      // The page may have left before it was granted.
      if (lock && held) return take(other).then(() => held)
    }).catch(() => {})

  return {
    put,
    remove(item) {
      const row = rowOf.get(item)
      rowOf.delete(item)
      if (!row || row.items.some((other) => rowOf.has(other))) return
      unstored.delete(row)
      // What else comes in this turn is in another row.
      open = undefined
      const run = gone[gone.length - 1]
      // The row before this one was the last of the run.
      if (run && `${run[1]}` === `${[row.key[0], row.key[1] - 1]}`) run[1] = row.key
      else gone.push([row.key, row.key])
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
      letGo()
      held = undefined
    },
  }
}
