import type { Transact } from './database.js'
import type { Entry } from './item.js'
import type { Journal } from './journal.js'

/** How many rows are read in one transaction: no long task, however much a page has left. */
const READ_ROWS = 200
/** A row of more would hold up its neighbours' commit, and a takeover. */
const ROW_ITEMS = 100

/** What was committed together; it is deleted when the fate of all its items is final. */
interface Row {
  /** The page that made it, and its place among that page's rows. */
  key: [owner: string, seq: number]
  items: Entry[]
  /** How many of its items still wait. */
  left: number
  committed: Promise<void>
  onCommitted(): void
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
  /** Hands what the page has left to `onItems`. */
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
  const unstored = new Set<Row>()
  let owner = ''
  let seq = 0
  // Takes what comes in this turn.
  let open: Row | undefined
  let fresh: Row[] = []
  let gone: Row['key'][] = []
  let committing = false
  let blocked = false

  const seal = () => {
    const row = open
    if (!row) return
    open = undefined
    fresh.push(row)
    onItems(row.items)
  }

  const commit = async () => {
    for (seal(); fresh.length || gone.length; seal()) {
      const saved = fresh
      const removed = gone
      fresh = []
      gone = []
      try {
        await transact('readwrite', (store) => {
          for (const { key, items } of saved) store.put(items, key)
          for (const range of rangesOf(removed)) store.delete(range)
        })
        for (const row of saved) unstored.delete(row)
        if (!unstored.size) journal.write(owner, [])
      } catch (error) {
        if (!blocked) onBlocked(error)
        blocked = true
      }
      for (const row of saved) row.onCommitted()
    }
    committing = false
  }

  const schedule = () => {
    if (committing) return
    committing = true
    queueMicrotask(commit)
  }

  const put = (item: Entry): Promise<void> => {
    if (!open) {
      let onCommitted = () => {}
      const committed = new Promise<void>((resolve) => (onCommitted = resolve))
      open = { key: [owner, seq++], items: [], left: 0, committed, onCommitted }
      unstored.add(open)
    }
    const row = open
    row.left = row.items.push(item)
    rowOf.set(item, row)
    if (row.left >= ROW_ITEMS) seal()
    schedule()
    return row.committed
  }

  const unstoredItems = () => [...unstored].flatMap((row) => row.items)

  return {
    put,
    seal,
    remove(item) {
      const row = rowOf.get(item)
      rowOf.delete(item)
      if (!row || --row.left) return
      unstored.delete(row)
      gone.push(row.key)
      schedule()
    },
    async owners() {
      const keys = (await transact('readonly', (store) => store.getAllKeys()).catch(() => [])) as Row['key'][]
      return new Set([...journal.owners(), ...keys.map((key) => key[0])])
    },
    async takeOver(other) {
      const left = journal.read(other)
      await Promise.all(left.map(put))
      // Could they not be committed, they pass into this page's own entry before the old one goes.
      journal.write(owner, unstoredItems())
      journal.write(other, [])
      for (let from = 0, full = true; full; ) {
        const rows: Row[] = []
        await transact('readonly', (store) => {
          const range = IDBKeyRange.bound([other, from], [other, Infinity])
          const values = store.getAll(range, READ_ROWS)
          store.getAllKeys(range, READ_ROWS).onsuccess = ({ target }) => {
            ;(target as IDBRequest<Row['key'][]>).result.forEach((key, index) => {
              const items = values.result[index] as Entry[]
              rows.push({ key, items, left: items.length } as Row)
            })
          }
        })
        full = rows.length === READ_ROWS
        for (const row of rows) {
          from = row.key[1] + 1
          for (const item of row.items) rowOf.set(item, row)
          onItems(row.items)
        }
      }
    },
    leave() {
      seal()
      journal.write(owner, unstoredItems())
    },
    restart(next) {
      journal.write(owner, [])
      owner = next
      return unstoredItems()
    },
  }
}

/** As few key ranges as cover exactly these rows: one deletion for a batch of a hundred rows. */
function rangesOf(keys: Row['key'][]): IDBKeyRange[] {
  const ranges: IDBKeyRange[] = []
  keys.sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n))
  keys.forEach((key, index) => {
    const [owner, seq] = key
    const [before, last] = keys[index - 1] ?? []
    const first = before === owner && last === seq - 1 ? (ranges.pop() as IDBKeyRange).lower : key
    ranges.push(IDBKeyRange.bound(first, key))
  })
  return ranges
}
