import { recordKey } from './key.js'
import { createSharedLock } from './shared-lock.js'
import { connectRedis } from './redis-client.js'
import type { RedisConnection } from './redis-client.js'
import * as scripts from './redis-scripts.js'
import { SpoolFullError, spoolDefaults } from './spool.js'
import type { DeadLetter, Leased, Spool, SpoolItem, SpoolOptions } from './spool.js'

/** A collector that said nothing for so long, and has nothing leased, is forgotten. */
const FORGET_CONSUMER_MS = 24 * 60 * 60 * 1000
const RAISE_AT_ONCE = 500

const { keys } = scripts

type Entry = [id: string, fields: string[]]

const nameOf = (customerId: string, id = '') => recordKey(customerId, id, 'hex')

/** An entry's id begins with its time. */
const timeOf = (id: string) => Number(id.split('-')[0])

/** Fields come as name, value, name, value, in the order they were added. */
const itemOf = ([id, fields]: Entry): SpoolItem & { lease: string } => ({
  kind: fields[1] as SpoolItem['kind'],
  customerId: fields[3] as string,
  id: fields[5] as string,
  json: fields[7] as string,
  lease: id,
})

/**
 * The spool for many collectors: Redis Streams with one consumer group. What a dead collector had leased is
 * taken over with `XAUTOCLAIM`. All times are Redis's own, so that the collectors' clocks do not matter.
 * It is as durable as Redis is set up to be: `appendonly yes` and `appendfsync always`.
 */
export async function openRedis(url: string, options: SpoolOptions = {}): Promise<Spool> {
  const { maxItems, maxBytes, rememberMs, rememberCorrectedMs, leaseMs } = { ...spoolDefaults, ...options }
  const redis = await connectRedis(url)
  const consumer = crypto.randomUUID()
  let closed = false
  await requireAccess(redis)
  await warnIfForgetful(redis, options.warn)

  const hashOf = ({ kind, customerId, id }: SpoolItem) => nameOf(customerId, kind === 'record' ? id : '')
  const withHashes = (items: readonly Leased[]) => items.flatMap((item) => [item.lease, hashOf(item)])

  async function raiseAll(): Promise<number> {
    let raised = 0
    // Only what is dead now: what dies again meanwhile stays.
    const last = (await redis.command<Entry[]>('XREVRANGE', keys.dead, '+', '-', 'COUNT', 1))[0]?.[0]
    while (last !== undefined) {
      const entries = await redis.command<Entry[]>('XRANGE', keys.dead, '-', last, 'COUNT', RAISE_AT_ONCE)
      if (entries.length === 0) break
      raised += await redis.run<number>(scripts.raise, ...entries.map(([id]) => id))
    }
    return raised
  }

  return {
    leaseMs,
    async append(items) {
      const args = items.flatMap((item) => [item.kind, item.customerId, item.id, item.json, hashOf(item), item.corrected ? rememberCorrectedMs : rememberMs])
      const added = await redis.run<number>(scripts.append, maxItems, maxBytes, ...args)
      if (added < 0) throw new SpoolFullError()
      return { duplicates: items.length - added }
    },
    async knows(records) {
      const known = await redis.run<number[]>(scripts.knows, ...records.map(hashOf))
      return known.map((count) => count === 1)
    },
    async lease(max) {
      const leased = await redis.run<[string, number, string[]][]>(scripts.lease, consumer, leaseMs, max)
      return leased.map(([id, attempts, fields]): Leased => ({ ...itemOf([id, fields]), attempts, appendedAt: timeOf(id) }))
    },
    async ack(items) {
      if (items.length > 0) await redis.run(scripts.ack, consumer, ...withHashes(items))
    },
    async retry(items, delayMs) {
      if (items.length > 0) await redis.run(scripts.retry, consumer, Math.max(0, Math.round(leaseMs - delayMs)), ...items.map(({ lease }) => lease))
    },
    async dead(items, reason) {
      if (items.length > 0) await redis.run(scripts.bury, consumer, reason, ...withHashes(items))
    },
    async listDead(max) {
      const entries = await redis.command<Entry[]>('XRANGE', keys.dead, '-', '+', 'COUNT', max)
      return entries.map((entry): DeadLetter => ({ ...itemOf(entry), reason: entry[1][11] as string, diedAt: timeOf(entry[0]) }))
    },
    retryDead: (leases) => (leases === undefined ? raiseAll() : redis.run<number>(scripts.raise, ...leases)),
    async stats() {
      const [waiting, dead, bytes, oldest] = await Promise.all([
        redis.command<number>('XLEN', keys.items),
        redis.command<number>('XLEN', keys.dead),
        redis.command<string | null>('GET', keys.bytes),
        redis.command<Entry[]>('XRANGE', keys.items, '-', '+', 'COUNT', 1),
      ])
      return { waiting, dead, bytes: Number(bytes), oldestAt: oldest[0] ? timeOf(oldest[0][0]) : null }
    },
    withCustomer: createSharedLock({
      take: async (customerId, holder, ttlMs) => (await redis.run<number>(scripts.takeLock, keys.lock + nameOf(customerId), holder, ttlMs)) === 1,
      extend: (customerId, holder, ttlMs) => redis.run(scripts.extendLock, keys.lock + nameOf(customerId), holder, ttlMs),
      release: (customerId, holder) => redis.run(scripts.releaseLock, keys.lock + nameOf(customerId), holder),
    }),
    async close() {
      if (closed) return
      closed = true
      await redis.run(scripts.tidy, consumer, FORGET_CONSUMER_MS).catch(() => undefined)
      await redis.close()
    },
  }
}

/** Redis takes a connection without a password, and then refuses each command. */
async function requireAccess(redis: RedisConnection) {
  try {
    await redis.command('EXISTS', keys.items)
  } catch (error) {
    if (!['NOAUTH', 'NOPERM'].includes((error as { code?: string }).code ?? '')) return
    await redis.close()
    throw error
  }
}

/** Settings under which Redis answers before it keeps, or forgets what it was to keep. Where they may not be read nothing is said. */
async function warnIfForgetful(redis: RedisConnection, warn: SpoolOptions['warn']) {
  const wanted = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' }
  for (const [name, value] of Object.entries(wanted)) {
    const [, actual] = await redis.command<string[]>('CONFIG', 'GET', name).catch(() => [] as string[])
    if (actual !== undefined && actual !== value) warn?.(`Redis is set to "${name} ${actual}": accepted usage can be lost in a crash; set it to "${value}"`)
  }
}
