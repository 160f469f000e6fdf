import { open } from 'node:fs/promises'
import { openDatabase } from './driver.js'
import type { Database } from './driver.js'
import { groupCommit, Untouched } from './group.js'
import { recordKey } from './key.js'
import { createKnown } from './known.js'
import { createSharedLock } from './lock.js'
import type { SharedLocks } from './lock.js'
import { SpoolFullError, spoolDefaults } from './spool.js'
import type { DeadLetter, Leased, Spool, SpoolItem, SpoolOptions, SpoolStats } from './spool.js'

/** `seq` is never used twice: a late `ack` cannot hit a newer item. `due` is when a lease or delay ends, 0 before the first. */
const schema = `
  CREATE TABLE IF NOT EXISTS items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, customer TEXT NOT NULL, id TEXT NOT NULL,
    json TEXT NOT NULL, appended INTEGER NOT NULL, due INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS customers ON items (customer, seq) WHERE kind = 'customer';
  CREATE TABLE IF NOT EXISTS known (age INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS dead (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, customer TEXT NOT NULL, id TEXT NOT NULL,
    json TEXT NOT NULL, appended INTEGER NOT NULL, reason TEXT NOT NULL, died INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS locks (customer TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1), waiting INTEGER NOT NULL, dead INTEGER NOT NULL, bytes INTEGER NOT NULL
  );
  INSERT OR IGNORE INTO totals VALUES (1, 0, 0, 0);
`

const columns = 'kind, customer AS customerId, id, json, CAST(seq AS TEXT) AS lease'

const statements = (database: Database) => ({
  insert: database.prepare('INSERT INTO items (kind, customer, id, json, appended) VALUES (?, ?, ?, ?, ?)'),
  // A time that no lease or delay can have set means that the clock was set back: such an item is due.
  lease: database.prepare(`
    UPDATE items SET due = ?, attempts = attempts + 1 WHERE seq IN (
      SELECT seq FROM items AS item
      WHERE (due <= ? OR due > ?) AND (kind = 'record' OR NOT EXISTS (
        SELECT 1 FROM items AS earlier WHERE earlier.kind = 'customer' AND earlier.customer = item.customer AND earlier.seq < item.seq
      ))
      ORDER BY seq LIMIT ?
    ) RETURNING ${columns}, attempts - 1 AS attempts, appended AS appendedAt`),
  remove: database.prepare('DELETE FROM items WHERE seq = ?'),
  delay: database.prepare('UPDATE items SET due = ? WHERE seq = ?'),
  bury: database.prepare(`
    INSERT INTO dead (kind, customer, id, json, appended, reason, died)
    SELECT kind, customer, id, json, appended, ?, ? FROM items WHERE seq = ?`),
  listDead: database.prepare(`SELECT ${columns}, reason, died AS diedAt FROM dead ORDER BY seq LIMIT ?`),
  allDead: database.prepare('SELECT CAST(seq AS TEXT) AS lease FROM dead ORDER BY seq'),
  raise: database.prepare(`
    INSERT INTO items (kind, customer, id, json, appended)
    SELECT kind, customer, id, json, appended FROM dead WHERE seq = ?`),
  removeDead: database.prepare('DELETE FROM dead WHERE seq = ?'),
  totals: database.prepare('SELECT waiting, dead, bytes FROM totals'),
  count: database.prepare('UPDATE totals SET waiting = waiting + ?, dead = dead + ?, bytes = bytes + ?'),
  oldest: database.prepare('SELECT appended FROM items ORDER BY seq LIMIT 1'),
})

const sizeOf = (items: readonly { json: string }[]) => items.reduce((bytes, { json }) => bytes + Buffer.byteLength(json), 0)

/**
 * The embedded spool: one file, any number of processes of one machine.
 * Write-ahead log with `synchronous = FULL`: a commit is on the disk when it returns.
 * @see https://www.sqlite.org/wal.html
 */
export async function openSqlite(file: string, options: SpoolOptions & { now?: () => number } = {}): Promise<Spool> {
  const { maxItems, maxBytes, rememberMs, leaseMs } = { ...spoolDefaults, ...options }
  const now = options.now ?? Date.now
  // Usage is nobody else's to read; SQLite gives its log the same mode.
  await (await open(file, 'a', 0o600)).close()
  const database = await openDatabase(file)
  try {
    // Waiting for other processes comes first: even the switch to the write-ahead log may meet one.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
    database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
  } catch (error) {
    database.close()
    throw error
  }

  const sql = statements(database)
  const known = createKnown(database, rememberMs)
  const group = groupCommit(database)

  const totals = () => sql.totals.get() as Pick<SpoolStats, 'waiting' | 'dead' | 'bytes'>

  const fits = (items: readonly SpoolItem[]) => {
    const { waiting, dead, bytes } = totals()
    return waiting + dead + items.length <= maxItems && bytes + sizeOf(items) <= maxBytes
  }

  function append(items: readonly SpoolItem[], at: number) {
    const isNew = ({ kind, customerId, id }: SpoolItem) => kind === 'customer' || !known.has(recordKey(customerId, id), at)
    if (!fits(items) && !fits(items.filter(isNew))) throw new Untouched(new SpoolFullError())
    const fresh = items.filter(({ kind, customerId, id }) => kind === 'customer' || known.add(recordKey(customerId, id), at))
    for (const { kind, customerId, id, json } of fresh) sql.insert.run(kind, customerId, id, json, at)
    if (fresh.length > 0) sql.count.run(fresh.length, 0, sizeOf(fresh))
    return { duplicates: items.length - fresh.length }
  }

  function leaseDue(max: number, at: number) {
    const leased = sql.lease.all(at + leaseMs, at, at + leaseMs, max) as Leased[]
    return leased.sort((a, b) => Number(a.lease) - Number(b.lease))
  }

  /** Items that another holder of an expired lease has settled already are passed over. */
  function settle(items: readonly Leased[], reason?: string) {
    const settled = items.filter(({ lease }) => {
      if (reason !== undefined) sql.bury.run(reason, now(), lease)
      return Number(sql.remove.run(lease).changes) === 1
    })
    if (reason === undefined) sql.count.run(-settled.length, 0, -sizeOf(settled))
    else sql.count.run(-settled.length, settled.length, 0)
  }

  function raise(leases: readonly string[]) {
    const raised = leases.filter((lease) => {
      sql.raise.run(lease)
      return Number(sql.removeDead.run(lease).changes) === 1
    })
    sql.count.run(raised.length, -raised.length, 0)
    return raised.length
  }

  return {
    leaseMs,
    append: (items) => group.add(items.length, () => append(items, now())),
    lease: (max) => group.add(max, () => leaseDue(max, now())),
    ack: (items) => group.add(items.length, () => settle(items)),
    dead: (items, reason) => group.add(items.length, () => settle(items, reason)),
    retry(items, delayMs) {
      return group.add(items.length, () => {
        const due = now() + Math.min(delayMs, leaseMs)
        for (const { lease } of items) sql.delay.run(due, lease)
      })
    },
    listDead: async (max) => sql.listDead.all(max) as DeadLetter[],
    retryDead: (leases) => group.add(1, () => raise(leases ?? (sql.allDead.all() as { lease: string }[]).map(({ lease }) => lease))),
    async stats() {
      const oldest = sql.oldest.get() as { appended: number } | undefined
      return { ...totals(), oldestAt: oldest?.appended ?? null }
    },
    withCustomer: createSharedLock(sqliteLocks(database, group, now)),
    async close() {
      group.flush()
      database.close()
    },
  }
}

function sqliteLocks(database: Database, group: ReturnType<typeof groupCommit>, now: () => number): SharedLocks {
  const take = database.prepare(`
    INSERT INTO locks (customer, holder, until) VALUES (?, ?, ?)
    ON CONFLICT (customer) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE until <= ? OR until > excluded.until`)
  const extend = database.prepare('UPDATE locks SET until = ? WHERE customer = ? AND holder = ?')
  const release = database.prepare('DELETE FROM locks WHERE customer = ? AND holder = ?')
  return {
    take: (key, holder, ttlMs) => group.add(1, () => Number(take.run(key, holder, now() + ttlMs, now()).changes) === 1),
    extend: (key, holder, ttlMs) => group.add(1, () => extend.run(now() + ttlMs, key, holder)),
    release: (key, holder) => group.add(1, () => release.run(key, holder)),
  }
}
