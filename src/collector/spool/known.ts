import type { Database } from './driver.js'

/** So many ids are added between two looks for expired ones, and so many of those are then removed at most. */
const PRUNE_EVERY = 1_000
const PRUNE_AT_MOST = 2_000

/** The ids that were appended in the last `rememberMs`, in the SQLite spool's table `known`. */
export function createKnown(database: Database, rememberMs: number) {
  const insert = database.prepare('INSERT OR IGNORE INTO known (key, at) VALUES (?, ?)')
  const find = database.prepare('SELECT 1 FROM known WHERE key = ? AND at > ?')
  const forget = database.prepare('DELETE FROM known WHERE key = ? AND at <= ?')
  // Rows are in the order of their age, so the expired ones are the first: no index on the time is needed.
  const prune = database.prepare(
    `DELETE FROM known WHERE age IN (SELECT age FROM (SELECT age, at FROM known ORDER BY age LIMIT ${PRUNE_AT_MOST}) WHERE at <= ?)`,
  )
  let added = 0

  return {
    has: (key: string, now: number) => find.get(key, now - rememberMs) !== undefined,
    /** Whether it is new; it is known from now on. */
    add(key: string, now: number): boolean {
      const isNew = Number(insert.run(key, now).changes) === 1
      if (!isNew) return Number(forget.run(key, now - rememberMs).changes) === 1 && Number(insert.run(key, now).changes) === 1
      added += 1
      if (added % PRUNE_EVERY === 0) prune.run(now - rememberMs)
      return true
    },
  }
}
