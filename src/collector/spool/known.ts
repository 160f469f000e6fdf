import type { Database } from './driver.js'
import type { Totals } from './sqlite-schema.js'

/** So many ids are held in memory before they are moved to where they stay. */
const GENERATION = 50_000

/** An id, in hexadecimal, and the turn in which it was appended. */
type Turns = Map<string, number>

interface Generation {
  turns: Turns
  /** The last row of `recent` that is in it. */
  last: number
}

/**
 * The ids that were appended in the last `rememberMs`, in the SQLite spool. Time goes by turns of that length: ids end
 * in one of two tables, and are looked for in both; when a new turn begins, what the turn before the last left is
 * emptied at once. So an id is known for one to two turns.
 *
 * Hashes lie scattered in a table, so that nearly each one has a page of its own written to the disk. Therefore ids
 * come into `recent` first, a row for each append, and into the memory of every process that appends. When there are
 * many of them, they are moved to their table in its order, a part with each commit, so that one page is written for
 * many. All this happens inside the transactions of those who call; `forget` is for when one did not come to its end.
 */
export function createKnown(database: Database, rememberMs: number, generation = GENERATION) {
  const tables = ['known_0', 'known_1'] as const
  const insert = tables.map((table) => database.prepare(`INSERT OR IGNORE INTO ${table} VALUES (?)`))
  const empty = tables.map((table) => database.prepare(`DELETE FROM ${table}`))
  const find = database.prepare('SELECT 1 FROM known_0 WHERE key = ? UNION ALL SELECT 1 FROM known_1 WHERE key = ?')
  const keep = database.prepare('INSERT INTO recent VALUES (?, ?, ?)')
  const readSince = database.prepare('SELECT turn, keys FROM recent WHERE seq > ?')
  const dropUntil = database.prepare('DELETE FROM recent WHERE seq <= ?')
  const dropTurnsBefore = database.prepare('DELETE FROM recent WHERE turn < ?')

  let young: Generation = { turns: new Map(), last: 0 }
  /** What is being moved, and the parts of it that are still to be. */
  let old: (Generation & { parts: string[][] }) | null = null

  /** Reads what others have appended, and lets go what others have moved. */
  function catchUp({ recent, moved }: Totals) {
    if (old !== null && old.last <= moved) old = null
    if (young.last <= moved) young = { turns: new Map(), last: moved }
    if (young.last === recent) return
    for (const row of readSince.all(young.last) as { turn: number; keys: Uint8Array }[]) {
      const hex = Buffer.from(row.keys).toString('hex')
      for (let at = 0; at < hex.length; at += 32) young.turns.set(hex.slice(at, at + 32), row.turn)
    }
    young.last = recent
  }

  /** A clock that was set back begins no turn. */
  function beginTurn(totals: Totals, now: number) {
    const turn = Math.max(totals.turn, Math.floor(now / rememberMs))
    if (turn === totals.turn) return
    empty[turn % 2]?.run()
    if (turn > totals.turn + 1) empty[1 - (turn % 2)]?.run()
    dropTurnsBefore.run(turn - 1)
    totals.turn = turn
  }

  return {
    /** Looks for ids, and adds them, as of now. */
    at(now: number, totals: Totals) {
      beginTurn(totals, now)
      catchUp(totals)
      const { turn } = totals
      const added: string[] = []
      const has = (key: string) => {
        const since = young.turns.get(key) ?? old?.turns.get(key)
        if (since !== undefined) return since >= turn - 1
        const bytes = Buffer.from(key, 'hex')
        return find.get(bytes, bytes) !== undefined
      }
      return {
        has,
        /** Whether it is new; it is known from now on. */
        add(key: string) {
          if (has(key)) return false
          young.turns.set(key, turn)
          added.push(key)
          return true
        },
        /** Writes down what was added. */
        keep() {
          if (added.length === 0) return
          young.last = ++totals.recent
          keep.run(young.last, turn, Buffer.from(added.join(''), 'hex'))
        },
      }
    },

    /** Moves one part of what is to be moved. */
    move(totals: Totals) {
      if (old === null) {
        if (young.turns.size < generation) return
        old = { ...young, parts: partsOf(young.turns) }
        young = { turns: new Map(), last: young.last }
      }
      for (const key of old.parts.pop()?.sort() ?? []) {
        const turn = old.turns.get(key) as number
        if (turn >= totals.turn - 1) insert[turn % 2]?.run(Buffer.from(key, 'hex'))
      }
      if (old.parts.length > 0) return
      dropUntil.run(old.last)
      totals.moved = Math.max(totals.moved, old.last)
      old = null
    },

    /** What is in memory may not be in the file: the file is read anew. */
    forget() {
      young = { turns: new Map(), last: 0 }
      old = null
    },
  }
}

/** Ids by their first byte: neighbours in their table, and few enough to be moved in passing. */
function partsOf(turns: Turns): string[][] {
  const parts: string[][] = Array.from({ length: 256 }, () => [])
  for (const key of turns.keys()) parts[Number.parseInt(key.slice(0, 2), 16)]?.push(key)
  return parts
}
