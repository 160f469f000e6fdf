import { open } from 'node:fs/promises'
import { openDatabase } from './driver.js'
import type { Database } from './driver.js'
import { createFresh } from './fresh.js'
import { groupCommit, Untouched } from './group.js'
import { recordKey } from './key.js'
import { createKnown } from './known.js'
import { createSharedLock } from './shared-lock.js'
import type { SharedLocks } from './shared-lock.js'
import { SpoolFullError, spoolDefaults } from './spool.js'
import type { DeadLetter, Leased, Spool, SpoolItem, SpoolOptions } from './spool.js'
import { prepareFile, prepareStatements } from './sqlite-schema.js'
import type { Totals } from './sqlite-schema.js'

const sizeOf = (items: readonly { json: string }[]) => items.reduce((bytes, { json }) => bytes + Buffer.byteLength(json), 0)

type Run = [first: number, last: number]

/** Leases are numbers: which of them follow one another. */
function runsOf(items: readonly { lease: string }[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const seq of items.map(({ lease }) => Number(lease)).sort((a, b) => a - b)) {
    if (run !== undefined && seq === run[1] + 1) run[1] = seq
    else runs.push((run = [seq, seq]))
  }
  return runs
}

/**
 * The embedded spool: one file, any number of processes of one machine.
 * Write-ahead log with `synchronous = FULL`: a commit is on the disk when it returns.
 * @see https://www.sqlite.org/wal.html
 */
export async function openSqlite(file: string, options: SpoolOptions & { now?: () => number; generation?: number } = {}): Promise<Spool> {
  const { maxItems, maxBytes, leaseMs, ...times } = { ...spoolDefaults, ...options }
  const now = options.now ?? Date.now
  // Usage is nobody else's to read; SQLite gives its log the same mode.
  await (await open(file, 'a', 0o600)).close()
  const database = await openDatabase(file)
  try {
    prepareFile(database)
  } catch (error) {
    database.close()
    throw error
  }
  const sql = prepareStatements(database)
  const known = createKnown(database, times, options.generation)
  const fresh = createFresh()
  const readTotals = () => sql.readTotals.get() as Totals
  const group = groupCommit<Totals>(database, {
    load() {
      const totals = readTotals()
      known.begin(totals, now())
      return totals
    },
    store(totals) {
      known.end(totals)
      const { next, waiting, dead, bytes, leases, turn, recent, moved } = totals
      sql.writeTotals.run(next, waiting, dead, bytes, leases, turn, recent, moved)
    },
    undone() {
      known.undo()
      fresh.forget()
    },
  })
  let closed = false

  function append(items: readonly SpoolItem[], keys: readonly (string | null)[], at: number, totals: Totals) {
    const bytes = sizeOf(items)
    const fits = (count: number, size: number) => totals.waiting + totals.dead + count <= maxItems && totals.bytes + size <= maxBytes
    const newOnes = (isNew: (key: string, isCorrected: boolean) => boolean) => items.filter(({ corrected }, index) => keys[index] === null || isNew(keys[index] as string, corrected === true))
    if (!fits(items.length, bytes)) {
      const unknown = newOnes((key) => !known.has(key))
      if (!fits(unknown.length, sizeOf(unknown))) throw new Untouched(new SpoolFullError())
    }
    const taken = newOnes(known.add)
    for (const { kind, customerId, id, json } of taken) {
      const seq = totals.next++
      sql.insert.run(seq, kind, customerId, id, json, at)
      if (kind === 'record') fresh.add({ kind, customerId, id, json, lease: String(seq), attempts: 0, appendedAt: at })
    }
    totals.waiting += taken.length
    totals.bytes += taken.length === items.length ? bytes : sizeOf(taken)
    return { duplicates: items.length - taken.length }
  }

  function leaseDue(max: number, at: number, totals: Totals) {
    const own = fresh.take(max, totals.waiting, totals.leases)
    const leased = own ?? (sql.due.all(at, at + leaseMs, max) as Leased[])
    const before = totals.leases
    if (leased.length > 0) {
      for (const run of runsOf(leased)) sql.lease.run(at + leaseMs, ...run)
      totals.leases++
    }
    fresh.leased(leased, before, totals.leases, own === null)
    return leased
  }

  /** Items that another holder of an expired lease has settled already are passed over. */
  function settle(totals: Totals, items: readonly Leased[], reason?: string) {
    fresh.settled(items)
    for (const run of runsOf(items)) {
      const { count, bytes } = sql.measure.get(...run) as { count: number; bytes: number }
      if (reason !== undefined) sql.bury.run(reason, now(), ...run)
      sql.remove.run(...run)
      sql.release.run(...run)
      totals.waiting -= count
      if (reason === undefined) totals.bytes -= bytes
      else totals.dead += count
    }
  }

  function putOff(items: readonly Leased[], until: number) {
    fresh.settled(items)
    for (const run of runsOf(items)) sql.delay.run(until, ...run)
  }

  function raise(totals: Totals, leases: readonly string[]) {
    let raised = 0
    for (const lease of leases) {
      sql.raise.run(totals.next + raised, now(), lease)
      raised += Number(sql.removeDead.run(lease).changes)
    }
    totals.next += raised
    totals.waiting += raised
    totals.dead -= raised
    return raised
  }

  const keyOf = ({ customerId, id }: SpoolItem) => recordKey(customerId, id, 'binary')

  return {
    leaseMs,
    append(items) {
      const keys = items.map((item) => (item.kind === 'record' ? keyOf(item) : null))
      known.expect(keys.filter((key) => key !== null))
      return group.add(items.length, (totals) => append(items, keys, now(), totals))
    },
    knows(records) {
      const keys = records.map(keyOf)
      known.expect(keys)
      return group.add(1, () => keys.map(known.has))
    },
    hurry: group.flush,
    lease: (max) => group.add(1, (totals) => leaseDue(max, now(), totals)),
    ack: (items) => group.add(1, (totals) => settle(totals, items)),
    dead: (items, reason) => group.add(1, (totals) => settle(totals, items, reason)),
    retry: (items, delayMs) => group.add(1, () => putOff(items, now() + Math.min(delayMs, leaseMs))),
    listDead: async (max) => sql.listDead.all(max) as DeadLetter[],
    retryDead: (leases) => group.add(1, (totals) => raise(totals, leases ?? (sql.allDead.all() as { lease: string }[]).map(({ lease }) => lease))),
    async stats() {
      const { waiting, dead, bytes } = readTotals()
      const oldest = sql.oldest.get() as { appended: number } | undefined
      return { waiting, dead, bytes, oldestAt: oldest?.appended ?? null }
    },
    withCustomer: createSharedLock(sqliteLocks(database, group, now)),
    async close() {
      if (closed) return
      closed = true
      group.flush()
      database.close()
    },
  }
}

function sqliteLocks(database: Database, group: Pick<ReturnType<typeof groupCommit>, 'add'>, now: () => number): SharedLocks {
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
