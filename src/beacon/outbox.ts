import type { Transact } from './database.js'
import type { Entry } from './item.js'
import { setEntry, type Store } from './storage.js'
import type { Locks } from './tabs.js'

/** How many rows are read in one transaction: no long task, however much a page has left. */
const READ_ROWS = 10
/** A row of more would hold up its neighbours' commit, and a takeover. */
const ROW_ITEMS = 100

/** What came in one turn, as it is stored: committed together, and written anew when some of it is final. */
interface Row {
  /** The page that made it, and its place among that page's rows: the storage key. */
  key: [owner: string, seq: number]
  /** Those that still wait; a row without any is deleted. Replaced, not changed, once the row is complete. */
  items: Entry[]
}

/** What waits, durably: what this page has made, and what it has taken over from pages that are gone. */
export interface Outbox {
  /** Resolves once the item is committed, or once it is known that it can only be held in memory. */
  put(item: Entry): Promise<void>
  /** The items' fate is final. */
  remove(items: readonly Entry[]): void
  /** Holds what it has, and takes over, once, what pages that are gone have left. */
  takeOver(): Promise<void>
  /** Writes at once what is not committed yet, for a page that is going; gives whether all can be found in storage. */
  leave(): boolean
  /** The same, and lets whoever comes next take over what it has. It holds nothing any more. */
  release(): boolean
}

/**
 * Group commit: all that comes in one turn, or while a commit is under way, is one transaction.
 *
 * What a page could not commit before it went is in `localStorage`, one entry a page, since that is the only storage
 * that is written at once: the rows as they should be.
 *
 * @param owner names this outbox as no other is named
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
  const prefix = name + ' '
  // Of what waits, in the order in which it came.
  const rowOf = new Map<Entry, Row>()
  // Rows that are stored otherwise, or not yet; and those of them whose commit is under way.
  const changed = new Set<Row>()
  let saving: Row[] = []
  let seq = 0
  // All of this page's rows with a lower number are deleted.
  let floor = 0
  // Takes what comes in this turn.
  let open: Row | undefined
  // What the journal holds: asking it costs more than a commit.
  let noted = ''
  let last = Promise.resolve()
  // The commit that takes what comes now: it begins when the turn, and the one before it, have ended.
  let next: Promise<void> | undefined
  let isReleased = false
  let letGo: () => void
  // How long it holds what it has.
  const held = new Promise<void>((resolve) => (letGo = resolve))

  const note = () => {
    const rows = [...saving, ...changed]
    noted = rows[0] ? JSON.stringify(rows) : ''
    return setEntry(store, prefix + owner, noted)
  }

  const schedule = () => (next ??= last = last.then(commit))

  const commit = async () => {
    // With what could not be committed before.
    saving = [...changed]
    changed.clear()
    open = next = undefined
    try {
      await transact((rows) => {
        const oldest = rowOf.values().next().value?.key[1] ?? seq
        for (const row of saving) {
          const { key } = row
          if (row.items[0]) rows.put(row, key)
          else if (key[0] !== owner || key[1] > oldest) rows.delete(key)
        }
        // As a rule rows end in order: one deletion for all of a batch.
        if (floor < oldest) rows.delete(IDBKeyRange.bound([owner], [owner, (floor = oldest)], false, true))
      })
      saving = []
      if (noted) note()
    } catch (error) {
      onBlocked(error)
      // What has ended is forgotten, as it may never have been stored: the floor will pass it, if it is this page's own.
      for (const row of saving) if (row.items[0] || row.key[0] !== owner) changed.add(row)
      saving = []
    }
  }

  const put = (item: Entry) => {
    if (!open) changed.add((open = { key: [owner, seq++], items: [] }))
    rowOf.set(item, open)
    if (open.items.push(item) >= ROW_ITEMS) open = undefined
    onItems([item])
    return schedule()
  }

  /** Makes what the row holds this outbox's own, in the transaction that deletes the row. */
  const move = (row: Row) => {
    row.items.splice(0).forEach(put)
    changed.add(row)
  }

  const claim = (other: string) =>
    void locks.request(prefix + other, { ifAvailable: true }, async (lock) => {
      // It is another's, or this one's already; or the page has left before it was granted.
      if (!lock || isReleased) return
      if (other !== owner) {
        // Newer than what is stored, which is deleted by that.
        (JSON.parse(store[prefix + other] ?? '[]') as Row[]).forEach(move)
        await schedule()
        // Could they not be committed, they pass into this page's own entry before the old one goes.
        note()
        setEntry(store, prefix + other)
        let rows: Row[]
        let from: [string, number?] = [other]
        // An array sorts after every number. What is still being read as the page leaves is for whoever comes next.
        while ((rows = await transact((all) => all.getAll(IDBKeyRange.bound(from, [other, []], true), READ_ROWS)))[0] && !isReleased) {
          for (const row of rows) {
            from = row.key
            move(row)
          }
        }
        await last
        // A page that only seemed to go may add to it still, which must be found too; but what is stored there is not taken twice.
        if (![...changed].some(({ key }) => key[0] === other)) return
      }
      return held
    }).catch(() => {}) // Storage is blocked, so there are no leftovers.

  return {
    put,
    remove(items) {
      for (const item of items) {
        const row = rowOf.get(item)!
        rowOf.delete(item)
        row.items = row.items.filter((other) => other !== item)
        changed.add(row)
      }
      void schedule()
    },
    async takeOver() {
      claim(owner)
      const keys = (await transact((rows) => rows.getAllKeys()).catch(() => [])) as Row['key'][]
      // What a page has noted comes before what it has stored.
      const noted = Object.keys(store).flatMap((key) => key.split(prefix).slice(1))
      new Set([...noted, ...keys.map(([name]) => name)]).forEach(claim)
    },
    leave: note,
    release() {
      isReleased = true
      const isNoted = note()
      // Who takes over must find what is being committed. Else at once: Firefox looks before promises have their turn.
      if (noted) void last.then(letGo)
      else letGo()
      return isNoted
    },
  }
}
