import type { Database } from './driver.js'

/**
 * | Table | Holds |
 * |---|---|
 * | `items` | what is waiting, in the order it came; rows are written and deleted, never changed |
 * | `waits` | until when an item is leased or put off, and how often it was leased; no row: never |
 * | `dead` | dead letters |
 * | `recent`, `known_0`, `known_1` | ids, by turns of time; see `known.ts` |
 * | `corrected` | ids of corrected records, and until when they are known |
 * | `locks` | who works on a customer |
 * | `totals` | one row, see `Totals` |
 */
const tables = `
  CREATE TABLE IF NOT EXISTS items (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, customer TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, appended INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS customers ON items (customer, seq) WHERE kind = 'customer';
  CREATE TABLE IF NOT EXISTS waits (seq INTEGER PRIMARY KEY, due INTEGER NOT NULL, attempts INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS dead (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, customer TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, reason TEXT NOT NULL, died INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS recent (seq INTEGER PRIMARY KEY, turn INTEGER NOT NULL, keys BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS known_0 (key BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS known_1 (key BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS corrected (key BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS locks (customer TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL, waiting INTEGER NOT NULL, dead INTEGER NOT NULL, bytes INTEGER NOT NULL, leases INTEGER NOT NULL,
    turn INTEGER NOT NULL, recent INTEGER NOT NULL, moved INTEGER NOT NULL
  );
  INSERT OR IGNORE INTO totals VALUES (1, 1, 0, 0, 0, 0, 0, 0, 0);
`

export interface Totals {
  /** Counts items and dead letters, so that no number is used twice and a late `ack` cannot hit a newer item. */
  next: number
  waiting: number
  dead: number
  bytes: number
  /** How many leases were ever given, by all processes. */
  leases: number
  /** The turn of time, and the last row of `recent` that there was, and that was moved; see `known.ts`. */
  turn: number
  recent: number
  moved: number
  /** 1 when `known_0`, `known_1` or `corrected` holds anything; it is asked, not kept. */
  stored: number
}

/** Changes with the tables. */
const VERSION = 2

/**
 * Makes an empty database a spool. Waiting for other processes comes first: even the switch to the log may meet one.
 * @throws Error when the file is another version's
 */
export function prepareFile(database: Database) {
  // The log is copied into the file more seldom than by default: pages that are written again and again meanwhile are copied once.
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 4000')
  database.exec('BEGIN IMMEDIATE')
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  const { tables: found } = database.prepare('SELECT COUNT(*) AS tables FROM sqlite_schema').get() as { tables: number }
  if (found > 0 && version !== VERSION) {
    throw new Error('the file was made by another version of the collector: have that one empty it, or move the file away')
  }
  database.exec(`${tables} PRAGMA user_version = ${VERSION}; COMMIT`)
}

const columns = 'kind, customer AS customerId, item.id, json, CAST(item.seq AS TEXT) AS lease'
/** What was appended one after the other mostly stays together: a statement for all of it. */
const inRun = 'seq BETWEEN ? AND ?'

export const prepareStatements = (database: Database) => ({
  insert: database.prepare('INSERT INTO items (seq, kind, customer, id, json, appended) VALUES (?, ?, ?, ?, ?, ?)'),
  // A time that no lease or delay can have set means that the clock was set back: such an item is due.
  due: database.prepare(`
    SELECT ${columns}, appended AS appendedAt, COALESCE(attempts, 0) AS attempts FROM items AS item LEFT JOIN waits USING (seq)
    WHERE (due IS NULL OR due <= ? OR due > ?) AND (kind = 'record' OR NOT EXISTS (
      SELECT 1 FROM items AS earlier WHERE earlier.kind = 'customer' AND earlier.customer = item.customer AND earlier.seq < item.seq
    ))
    ORDER BY item.seq LIMIT ?`),
  lease: database.prepare(`
    INSERT INTO waits (seq, due, attempts) SELECT seq, ?, 1 FROM items WHERE ${inRun}
    ON CONFLICT (seq) DO UPDATE SET due = excluded.due, attempts = attempts + 1`),
  delay: database.prepare(`UPDATE waits SET due = ? WHERE ${inRun}`),
  measure: database.prepare(`SELECT COUNT(*) AS count, COALESCE(SUM(octet_length(json)), 0) AS bytes FROM items WHERE ${inRun}`),
  remove: database.prepare(`DELETE FROM items WHERE ${inRun}`),
  release: database.prepare(`DELETE FROM waits WHERE ${inRun}`),
  bury: database.prepare(`
    INSERT INTO dead (seq, kind, customer, id, json, reason, died)
    SELECT seq, kind, customer, id, json, ?, ? FROM items WHERE ${inRun}`),
  listDead: database.prepare(`SELECT ${columns}, reason, died AS diedAt FROM dead AS item ORDER BY seq LIMIT ?`),
  allDead: database.prepare('SELECT CAST(seq AS TEXT) AS lease FROM dead ORDER BY seq'),
  raise: database.prepare(`
    INSERT INTO items (seq, kind, customer, id, json, appended) SELECT ?, kind, customer, id, json, ? FROM dead WHERE seq = ?`),
  removeDead: database.prepare('DELETE FROM dead WHERE seq = ?'),
  readTotals: database.prepare('SELECT *, EXISTS (SELECT 1 FROM known_0) OR EXISTS (SELECT 1 FROM known_1) OR EXISTS (SELECT 1 FROM corrected) AS stored FROM totals'),
  writeTotals: database.prepare('UPDATE totals SET next = ?, waiting = ?, dead = ?, bytes = ?, leases = ?, turn = ?, recent = ?, moved = ?'),
  oldest: database.prepare('SELECT appended FROM items ORDER BY seq LIMIT 1'),
})
