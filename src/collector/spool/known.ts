import type { Database } from './driver.js'
import { createIdSet } from './ids.js'
import type { IdSet } from './ids.js'
import type { Totals } from './sqlite-schema.js'

/** So many ids are held in memory, in some 16 MB, before they are moved to where they stay, in so many parts. */
const GENERATION = 750_000
const PARTS = 4096
/** How many ids are moved for each that is added: above 1, so that one generation is moved before the next is full. */
const AHEAD = 1.25

type Times = Record<'rememberMs' | 'rememberCorrectedMs', number>

interface Generation {
  /** Ids by the turn in which they were appended. */
  turns: Map<number, IdSet>
  /** The last row of `recent` that is in it. */
  last: number
}

const sizeOf = ({ turns }: Generation) => [...turns.values()].reduce((sum, { size }) => sum + size, 0)

/** As SQLite's `json_each` and `unhex` read them. */
const listOf = (ids: readonly string[]) => JSON.stringify(ids.map((id) => Buffer.from(id, 'latin1').toString('hex')))

/**
 * The ids that were appended in the last `rememberMs`, in the SQLite spool. Time goes by turns of that length, and an
 * id is known until the next turn ends: for one to two turns.
 *
 * Hashes lie scattered in a table, so that each one is looked for, and has a page written to the disk, of its own.
 * Therefore ids come into `recent` only, a row for each transaction, and into the memory of every process that
 * appends. Only when there are more of them than memory should hold, they are moved to a table for each of two turns,
 * in its order, a part with each transaction, so that one page is written for many; from then on ids are looked for
 * there as well. When a new turn begins, the table of the turn before the last is emptied at once.
 *
 * Corrected ids, of which there are few, are in a table of their own besides, and known for `rememberCorrectedMs`.
 *
 * All this happens inside the transactions of those who call, between `begin` and `end`; `undo` is for when one did
 * not come to its end.
 */
export function createKnown(database: Database, { rememberMs, rememberCorrectedMs }: Times, generation = GENERATION) {
  const tables = ['known_0', 'known_1'] as const
  // A statement for many ids: calls cost more than what they do.
  const insert = tables.map((table) => database.prepare(`INSERT OR IGNORE INTO ${table} SELECT unhex(value) FROM json_each(?)`))
  const empty = tables.map((table) => database.prepare(`DELETE FROM ${table}`))
  const find = database.prepare(`
    SELECT value AS key FROM json_each(?)
    WHERE unhex(value) IN known_0 OR unhex(value) IN known_1 OR unhex(value) IN (SELECT key FROM corrected)`)
  const keepCorrected = database.prepare('INSERT OR IGNORE INTO corrected SELECT unhex(value), ? FROM json_each(?)')
  const dropCorrected = database.prepare('DELETE FROM corrected WHERE until <= ?')
  const keep = database.prepare('INSERT INTO recent VALUES (?, ?, ?)')
  const readSince = database.prepare('SELECT turn, keys FROM recent WHERE seq > ?')
  const dropUntil = database.prepare('DELETE FROM recent WHERE seq <= ?')
  const dropTurnsBefore = database.prepare('DELETE FROM recent WHERE turn < ?')

  let turn = 0
  let young: Generation = { turns: new Map(), last: 0 }
  /** What is being moved, and how many parts of it are. */
  let old: (Generation & { part: number }) | null = null
  let expected: string[] = []
  /** Which of the expected ones a table holds. */
  let stored = new Set<string>()
  let added = new Set<string>()
  let corrected: string[] = []
  let time = 0
  /** Brings into memory what the last transaction wrote, unless it was undone. */
  let settle: (() => void) | undefined

  function remember(ids: Iterable<string>, since: number) {
    let known = young.turns.get(since)
    if (known === undefined) young.turns.set(since, (known = createIdSet()))
    for (const id of ids) known.add(id)
  }

  const remembers = ({ turns }: Generation, id: string) => turns.get(turn)?.has(id) === true || turns.get(turn - 1)?.has(id) === true

  const has = (id: string): boolean => added.has(id) || stored.has(id) || remembers(young, id) || (old !== null && remembers(old, id))

  /** Reads what others have appended, and lets go what others have moved. */
  function catchUp({ recent, moved }: Totals) {
    if (old !== null && old.last <= moved) old = null
    if (young.last <= moved) young = { turns: new Map(), last: moved }
    if (young.last === recent) return
    for (const row of readSince.all(young.last) as { turn: number; keys: Uint8Array }[]) {
      const ids = Buffer.from(row.keys).toString('latin1').match(/.{16}/gs) ?? []
      remember(ids, row.turn)
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
    dropCorrected.run(now)
    totals.turn = turn
  }

  /** Whoever began the turn, what is over must neither stay in memory nor be moved. */
  function dropTurns() {
    for (const { turns } of old === null ? [young] : [young, old]) {
      for (const since of turns.keys()) if (since < turn - 1) turns.delete(since)
    }
  }

  /** Moves one part of what is to be moved, and as many more as it takes to end in time. Gives how many parts are moved by then. */
  function move(totals: Totals, { turns, last, part }: Generation & { part: number }): number {
    for (let moved = 0; part < PARTS && (moved === 0 || moved < added.size * AHEAD); part++) {
      for (const [since, ids] of turns) {
        const its = ids.part(part, PARTS)
        if (its.length > 0) insert[since & 1]?.run(listOf(its))
        moved += its.length
      }
    }
    if (part === PARTS) {
      dropUntil.run(last)
      totals.moved = Math.max(totals.moved, last)
    }
    return part
  }

  return {
    /** These will be asked for in the next transaction. */
    expect(ids: readonly string[]) {
      expected.push(...ids)
    },
    /** Reads what is known of the expected ones, as of now. */
    begin(totals: Totals, now: number) {
      settle?.()
      settle = undefined
      beginTurn(totals, now)
      dropTurns()
      catchUp(totals)
      const found = totals.stored ? (find.all(listOf(expected)) as { key: string }[]) : []
      stored = new Set(found.map(({ key }) => Buffer.from(key, 'hex').toString('latin1')))
      added = new Set()
      corrected = []
      expected = []
      time = now
    },
    has,
    /** Whether it is new; it is known from now on. */
    add(id: string, isCorrected: boolean): boolean {
      if (has(id)) return false
      added.add(id)
      if (isCorrected) corrected.push(id)
      return true
    },
    /** Writes down what was added. */
    end(totals: Totals) {
      const [ids, since] = [added, turn]
      if (old === null && sizeOf(young) + ids.size >= generation) {
        old = { ...young, part: 0 }
        young = { turns: new Map(), last: young.last }
      }
      const moving = old
      if (ids.size > 0) keep.run(++totals.recent, since, Buffer.from([...ids].join(''), 'latin1'))
      if (corrected.length > 0) keepCorrected.run(time + rememberCorrectedMs, listOf(corrected))
      const last = totals.recent
      const part = moving === null ? 0 : move(totals, moving)
      settle = () => {
        remember(ids, since)
        young.last = last
        if (moving === null) return
        moving.part = part
        if (part === PARTS) old = null
      }
    },
    /** The file does not hold what was written. */
    undo() {
      settle = undefined
      expected = []
    },
  }
}
