import type { Transact } from './database.js'
import type { Entry } from './item.js'
import type { Journal } from './journal.js'

/** How many rows are read in one transaction: no long task, however much a page has left. */
const READ_ROWS = 20
/** A row of more would hold up its neighbours' commit, and a takeover. */
const ROW_ITEMS = 100

/** What was committed together; it is deleted when the fate of all its items is final. */
interface Row {
  /** The page that made it, and its place among that page's rows: the storage key. */
  key: [owner: string, seq: number]
  items: Entry[]
  /** How many of its items still wait; when stored, all do. */
  left: number
}

/** What waits, durably. */
export interface Outbox {
  /** Resolves once the item is committed, or once it is known that it can only be held in memory. */
  put(item: Entry): Promise<void>
  /** Hands what came in this turn to `onItems` now. */
  seal(): void
  /** The item's fate is final. */
  remove(item: Entry): void
  /** Pages that have left something. */
  owners(): Promise<Set<string>>
  /** Hands what the page has left to `onItems`, once. */
  takeOver(owner: string): Promise<void>
  /** Writes at once what is not committed yet, for a page that is going. */
  leave(): void
  /** The page begins, or goes on, as a new owner. Gives what only it holds. */
  restart(owner: string): Entry[]
}

export interface OutboxOptions {
  transact: Transact
  journal: Journal
  /** Items that are ready to be sent. */
  onItems(items: readonly Entry[]): void
  /** Storage is blocked or full; said once. */
  onBlocked(error: unknown): void
}

/** Group commit: all that comes in one turn, or while a commit is under way, is one transaction. */
export function createOutbox({ transact, journal, onItems, onBlocked }: OutboxOptions): Outbox {
  const rowOf = new Map<Entry, Row>()
  // Whose rows this page holds: its own, and those that it took over.
  let taken: Set<string>
  const unstored = new Set<Row>()
  let owner = ''
  let seq = 0
  // Takes what comes in this turn.
  let open: Row | undefined
  let fresh: Row[] = []
  // Runs of rows, first and last: one deletion for all rows of a batch.
  let gone: [Row['key'], Row['key']][] = []
  let blocked = false
  // Whether the journal holds anything of this page: asking it costs more than a commit.
  let noted = false
  let last = Promise.resolve()
  // The commit that takes what comes now: it begins when the turn, and the one before it, have ended.
  let next: Promise<void> | undefined

  const unstoredItems = () => [...unstored].flatMap((row) => row.items)

  const note = () => {
    const items = unstoredItems()
    noted = !!items[0]
    journal.write(owner, items)
  }

  const seal = () => {
    const row = open
    open = undefined
    if (!row) return
    fresh.push(row)
    onItems(row.items)
  }

  const commit = async () => {
    seal()
    const saved = fresh
    const removed = gone
    fresh = []
    gone = []
    next = undefined
    try {
      await transact('readwrite', (store) => {
        for (const row of saved) store.put(row, row.key)
        for (const [first, last] of removed) store.delete(IDBKeyRange.bound(first, last))
      })
      for (const row of saved) unstored.delete(row)
      if (noted && !unstored.size) note()
    } catch (error) {
      if (!blocked) onBlocked(error)
      blocked = true
    }
  }

  const schedule = () => (next ??= last = last.then(commit))

  const put = (item: Entry): Promise<void> => {
    if (!open) unstored.add((open = { key: [owner, seq++], items: [], left: 0 }))
    rowOf.set(item, open)
    open.left = open.items.push(item)
    if (open.left >= ROW_ITEMS) seal()
    return schedule()
  }

  return {
    put,
    seal,
    remove(item) {
      const row = rowOf.get(item)
      rowOf.delete(item)
      if (!row || --row.left) return
      unstored.delete(row)
      const run = gone[gone.length - 1]
      if (run && run[1][0] === row.key[0] && run[1][1] === row.key[1] - 1) run[1] = row.key
      else gone.push([row.key, row.key])
      void schedule()
    },
    async owners() {
      const keys = (await transact('readonly', (store) => store.getAllKeys()).catch(() => [])) as Row['key'][]
      return new Set([...journal.owners(), ...keys.map(([name]) => name)])
    },
    async takeOver(other) {
      if (taken.has(other)) return
      taken.add(other)
      const known = new Set<string>()
      try {
        let rows: Row[]
        let from: [string, number?] = [other]
        do {
          // An array sorts after every number.
          const range = IDBKeyRange.bound(from, [other, []], true)
          rows = await transact<Row[]>('readonly', (store) => store.getAll(range, READ_ROWS))
          for (const row of rows) {
            from = row.key
            row.left = row.items.length
            for (const item of row.items) {
              rowOf.set(item, row)
              known.add(item.json)
            }
            onItems(row.items)
          }
        } while (rows.length === READ_ROWS)
      } finally {
        // A commit may have come about after the journal was written.
        await Promise.all(journal.read(other).filter(({ json }) => !known.has(json)).map(put))
        // Could they not be committed, they pass into this page's own entry before the old one goes.
        note()
        journal.write(other, [])
      }
    },
    leave() {
      seal()
      note()
    },
    restart(name) {
      taken = new Set([name])
      journal.write(owner, [])
      owner = name
      return unstoredItems()
    },
  }
}
