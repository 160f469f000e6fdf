import type { Database } from './driver.js'

/**
 * The ids that were appended in the last `rememberMs`, in the SQLite spool. Time goes by turns of that length: ids are
 * written to one of two tables, and looked for in both; when a new turn begins, what the turn before the last left is
 * emptied at once. So an id is known for one to two turns, and no time is stored or searched.
 */
export function createKnown(database: Database, rememberMs: number) {
  const tables = ['known_0', 'known_1'] as const
  const sides = tables.map((table, parity) => {
    const other = tables[1 - parity]
    return {
      add: database.prepare(`INSERT OR IGNORE INTO ${table} SELECT ? WHERE NOT EXISTS (SELECT 1 FROM ${other} WHERE key = ?)`),
      find: database.prepare(`SELECT 1 FROM ${table} WHERE key = ? UNION ALL SELECT 1 FROM ${other} WHERE key = ?`),
      empty: database.prepare(`DELETE FROM ${table}`),
      emptyOther: database.prepare(`DELETE FROM ${other}`),
    }
  })
  const setTurn = database.prepare('UPDATE totals SET turn = ?')

  return {
    /** Looks for, and adds, ids as of now; `last` is the turn that the file is in. A clock that was set back begins no turn. */
    at(now: number, last: number) {
      const turn = Math.max(last, Math.floor(now / rememberMs))
      const side = sides[turn % 2] as (typeof sides)[number]
      if (turn > last) {
        side.empty.run()
        if (turn > last + 1) side.emptyOther.run()
        setTurn.run(turn)
      }
      return {
        has: (key: Uint8Array) => side.find.get(key, key) !== undefined,
        /** Whether it is new; it is known from now on. */
        add: (key: Uint8Array) => Number(side.add.run(key, key).changes) === 1,
      }
    },
  }
}
