import type { Database } from './driver.js'
import type { Totals } from './sqlite-schema.js'

/** So many ids are held in memory before they are moved to where they stay, in so many parts. */
const GENERATION = 100_000
const PARTS = 512

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
 * come into `recent` first, a row for each transaction, and into the memory of every process that appends. When there
 * are many of them, they are moved to their table in its order, a part with each transaction, so that one page is
 * written for many. All this happens inside the transactions of those who call, between `begin` and `end`; `forget` is
 * for when one did not come to its end.
 */
export function createKnown(database: Database, rememberMs: number, generation = GENERATION) {
  const tables = ['known_0', 'known_1'] as const
  // A statement for many ids: calls cost more than what they do.
  const insert = tables.map((table) => database.prepare(`INSERT OR IGNORE INTO ${table} SELECT unhex(value) FROM json_each(?)`))
  const empty = tables.map((table) => database.prepare(`DELETE FROM ${table}`))
  const find = database.prepare('SELECT value AS key FROM json_each(?) WHERE unhex(value) IN known_0 OR unhex(value) IN known_1')
  const keep = database.prepare('INSERT INTO recent VALUES (?, ?, ?)')
  const readSince = database.prepare('SELECT turn, keys FROM recent WHERE seq > ?')
  const dropUntil = database.prepare('DELETE FROM recent WHERE seq <= ?')
  const dropTurnsBefore = database.prepare('DELETE FROM recent WHERE turn < ?')

  let turn = 0
  let young: Generation = { turns: new Map(), last: 0 }
  /** What is being moved, and the parts of it that are still to be. */
  let old: (Generation & { parts: string[][] }) | null = null
  let expected: string[] = []
  /** Which of the expected ones are known. */
  let known = new Set<string>()
  let added: string[] = []

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
    turn = Math.max(totals.turn, Math.floor(now / rememberMs))
    if (turn === totals.turn) return
    empty[turn & 1]?.run()
    if (turn > totals.turn + 1) empty[1 - (turn & 1)]?.run()
    dropTurnsBefore.run(turn - 1)
    totals.turn = turn
  }

  /** Which of these are known: in memory, or in a table. */
  function look(keys: readonly string[]): Set<string> {
    const found = new Set<string>()
    const unknown: string[] = []
    for (const key of keys) {
      const since = young.turns.get(key) ?? old?.turns.get(key)
      if (since === undefined) unknown.push(key)
      else if (since >= turn - 1) found.add(key)
    }
    if (unknown.length > 0) for (const { key } of find.all(JSON.stringify(unknown)) as { key: string }[]) found.add(key)
    return found
  }

  function keepAdded(totals: Totals) {
    if (added.length === 0) return
    young.last = ++totals.recent
    keep.run(young.last, turn, Buffer.from(added.join(''), 'hex'))
  }

  /** Moves one part of what is to be moved, and as many more as it takes to keep up with what comes. */
  function move(totals: Totals) {
    if (old === null) {
      if (young.turns.size < generation) return
      old = { ...young, parts: partsOf(young.turns) }
      young = { turns: new Map(), last: young.last }
    }
    const { parts, turns, last } = old
    for (let moved = 0; parts.length > 0 && (moved === 0 || moved < added.length); ) {
      const part = parts.pop() as string[]
      moved += part.length
      const keys: [string[], string[]] = [[], []]
      for (const key of part) {
        const since = turns.get(key) as number
        if (since >= turn - 1) keys[since & 1]?.push(key)
      }
      for (const [table, its] of keys.entries()) if (its.length > 0) insert[table]?.run(JSON.stringify(its.sort()))
    }
    if (parts.length > 0) return
    dropUntil.run(last)
    totals.moved = Math.max(totals.moved, last)
    old = null
  }

  return {
    /** These will be asked for in the next transaction. */
    expect(keys: readonly string[]) {
      expected.push(...keys)
    },
    /** Reads what is known of the expected ones, as of now. */
    begin(totals: Totals, now: number) {
      beginTurn(totals, now)
      catchUp(totals)
      known = look(expected)
      expected = []
      added = []
    },
    has: (key: string) => known.has(key),
    /** Whether it is new; it is known from now on. */
    add(key: string): boolean {
      if (known.has(key)) return false
      known.add(key)
      young.turns.set(key, turn)
      added.push(key)
      return true
    },
    /** Writes down what was added. */
    end(totals: Totals) {
      keepAdded(totals)
      move(totals)
    },
    /** What is in memory may not be in the file: the file is read anew. */
    forget() {
      young = { turns: new Map(), last: 0 }
      old = null
      expected = []
    },
  }
}

/** Ids by their beginning: neighbours in their table, and few enough to be moved in passing. */
function partsOf(turns: Turns): string[][] {
  const parts: string[][] = Array.from({ length: PARTS }, () => [])
  for (const key of turns.keys()) parts[Math.floor((Number.parseInt(key.slice(0, 4), 16) / 0x10000) * PARTS)]?.push(key)
  return parts
}
