import type { Database } from './driver.js'

/**
 * The ids that were appended in the last `rememberMs`, in the SQLite spool. Time goes by turns of that length: ids are
 * written to one of two tables, and looked for in both; when a new turn begins, what the turn before the last left is
 * emptied at once. So an id is known for one to two turns, and no time is stored or searched.
 */
export function createKnown(database: Database, rememberMs: number) {
  const tables = [0, 1].map((parity) => ({
    add: database.prepare(`INSERT OR IGNORE INTO known_${parity} (key) VALUES (?)`),
    find: database.prepare(`SELECT 1 FROM known_${parity} WHERE key = ?`),
    empty: database.prepare(`DELETE FROM known_${parity}`),
  })) as [Table, Table]
  const readTurn = database.prepare('SELECT turn FROM totals')
  const setTurn = database.prepare('UPDATE totals SET turn = ?')

  return {
    /** Looks for, and adds, ids as of now; to be asked for in each transaction. A clock that was set back begins no turn. */
    at(now: number) {
      const { turn: last } = readTurn.get() as { turn: number }
      const turn = Math.max(last, Math.floor(now / rememberMs))
      const [current, other] = turn % 2 === 0 ? tables : ([tables[1], tables[0]] as const)
      if (turn > last) {
        current.empty.run()
        if (turn > last + 1) other.empty.run()
        setTurn.run(turn)
      }
      return {
        has: (key: Uint8Array) => current.find.get(key) !== undefined || other.find.get(key) !== undefined,
        /** Whether it is new; it is known from now on. */
        add: (key: Uint8Array) => other.find.get(key) === undefined && Number(current.add.run(key).changes) === 1,
      }
    },
  }
}

type Table = Record<'add' | 'find' | 'empty', ReturnType<Database['prepare']>>
