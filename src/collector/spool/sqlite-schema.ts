import type { Database } from './driver.js'

/**
 * | Table | Holds |
 * |---|---|
 * | `items` | what is waiting, in the order it came; rows are written and deleted, never changed |
 * | `waits` | until when an item is leased or put off, and how often it was leased; no row: never |
 * | `dead` | dead letters |
 * | `known_0`, `known_1` | ids, by turns of time; see `known.ts` |
 * | `locks` | who works on a customer |
 * | `totals` | one row of sums. `next` counts items and dead letters, so that no number is used twice and a late `ack` cannot hit a newer item |
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
  CREATE TABLE IF NOT EXISTS known_0 (key BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS known_1 (key BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS locks (customer TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL, waiting INTEGER NOT NULL, dead INTEGER NOT NULL, bytes INTEGER NOT NULL,
    turn INTEGER NOT NULL
  );
  INSERT OR IGNORE INTO totals VALUES (1, 1, 0, 0, 0, 0);
`

/** Makes an empty database a spool. Waiting for other processes comes first: even the switch to the log may meet one. */
export function prepareFile(database: Database) {
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
  database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`)
}

const columns = 'kind, customer AS customerId, item.id, json, CAST(item.seq AS TEXT) AS lease'
/** The numbers of a JSON array. */
const listed = '(SELECT value FROM json_each(?))'

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
    INSERT INTO waits (seq, due, attempts) SELECT value, ?, 1 FROM json_each(?) WHERE true
    ON CONFLICT (seq) DO UPDATE SET due = excluded.due, attempts = attempts + 1`),
  delay: database.prepare(`UPDATE waits SET due = ? WHERE seq IN ${listed}`),
  remove: database.prepare(`DELETE FROM items WHERE seq IN ${listed} RETURNING octet_length(json) AS bytes`),
  release: database.prepare(`DELETE FROM waits WHERE seq IN ${listed}`),
  bury: database.prepare(`
    INSERT INTO dead (seq, kind, customer, id, json, reason, died)
    SELECT seq, kind, customer, id, json, ?, ? FROM items WHERE seq IN ${listed}`),
  listDead: database.prepare(`SELECT ${columns}, reason, died AS diedAt FROM dead AS item ORDER BY seq LIMIT ?`),
  allDead: database.prepare('SELECT CAST(seq AS TEXT) AS lease FROM dead ORDER BY seq'),
  raise: database.prepare(`
    INSERT INTO items (seq, kind, customer, id, json, appended) SELECT ?, kind, customer, id, json, ? FROM dead WHERE seq = ?`),
  removeDead: database.prepare('DELETE FROM dead WHERE seq = ?'),
  totals: database.prepare('SELECT next, waiting, dead, bytes, turn FROM totals'),
  count: database.prepare('UPDATE totals SET next = next + ?, waiting = waiting + ?, dead = dead + ?, bytes = bytes + ?'),
  oldest: database.prepare('SELECT appended FROM items ORDER BY seq LIMIT 1'),
})
