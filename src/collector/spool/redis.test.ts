import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { startRedis } from '../testing/redis.js'
import type { TestRedis } from '../testing/redis.js'
import { describeSpool } from './testing/conformance.js'
import { connectRedis } from './redis-client.js'
import { openRedis } from './redis.js'
import type { SpoolItem } from './spool.js'

const record = (id: string): SpoolItem => ({ kind: 'record', customerId: 'acme', id, json: `{"uniqueId":"${id}"}` })

let server: TestRedis

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

async function reset() {
  const redis = await connectRedis(server.url)
  await redis.command('FLUSHALL')
  await redis.close()
}

describeSpool('redis', { reset, open: (options) => openRedis(server.url, options) })

describe('redis alone', () => {
  beforeEach(reset)

  it('keeps what append resolved for when Redis is killed, and goes on when it is back', async () => {
    const spool = await openRedis(server.url)
    for (let at = 0; at < 20; at++) await spool.append([record(`${at}`)])
    await server.kill()
    await expect(spool.append([record('late')])).rejects.toThrow()
    await expect(spool.lease(1)).rejects.toThrow()
    await server.restart()
    const leased = await eventually(() => spool.lease(100))
    expect(leased.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`))
    expect(await spool.append([record('3'), record('late')])).toEqual({ duplicates: 1 })
    await spool.close()
  })

  it('never holds half a batch when Redis is killed in the middle', async () => {
    const spool = await openRedis(server.url)
    const sent = Array.from({ length: 60 }, (_, batch) => spool.append(Array.from({ length: 10 }, (_, at) => record(`${batch}-${at}`))).then(() => batch, () => null))
    await sent[3]
    await server.kill()
    const kept = new Set((await Promise.all(sent)).filter((batch) => batch !== null))
    await server.restart()
    const leased = await eventually(() => spool.lease(1_000))
    const counts = new Map<string, number>()
    for (const { id } of leased) counts.set(id.split('-')[0] as string, (counts.get(id.split('-')[0] as string) ?? 0) + 1)
    expect(new Set(counts.values())).toEqual(new Set([10]))
    for (const batch of kept) expect(counts.get(String(batch))).toBe(10)
    expect((await spool.stats()).waiting).toBe(leased.length)
    await spool.close()
  })

  it('delivers what it holds when Redis has no more room', async () => {
    const spool = await openRedis(server.url)
    const redis = await connectRedis(server.url)
    expect(await spool.lease(10)).toEqual([])
    await spool.append([record('1'), { kind: 'customer', customerId: 'acme', id: 'acme', json: '{}' }])
    await redis.command('CONFIG', 'SET', 'maxmemory', 1)
    try {
      await expect(spool.append([record('2')])).rejects.toMatchObject({ code: 'OOM' })
      const leased = await spool.lease(10)
      expect(leased).toHaveLength(2)
      expect(await spool.withCustomer('acme', async () => 'written')).toBe('written')
      await spool.ack(leased)
      expect((await spool.stats()).waiting).toBe(0)
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', 0)
      await Promise.all([spool.close(), redis.close()])
    }
  })

  it('is not opened where Redis wants a password that it was not given', async () => {
    const redis = await connectRedis(server.url)
    await redis.command('CONFIG', 'SET', 'requirepass', 'open sesame')
    await expect(openRedis(server.url)).rejects.toThrow('NOAUTH')
    await (await openRedis(server.url.replace('//', '//:open%20sesame@'))).close()
    await redis.command('CONFIG', 'SET', 'requirepass', '')
    await redis.close()
  })

  it('gives up on a Redis that hangs', async () => {
    const spool = await openRedis(server.url)
    await spool.append([record('0')])
    server.freeze()
    const startedAt = performance.now()
    await expect(spool.append([record('1')])).rejects.toThrow('no answer in 5000 ms')
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    server.thaw()
    // It was done after all, and is known: the sender's next attempt is a duplicate.
    expect(await eventually(() => spool.append([record('1')]))).toEqual({ duplicates: 1 })
    await spool.close()
  }, 20_000)

  it('connects anew, once, when a failover has left it with a replica', async () => {
    const promoted = await startRedis()
    const door = await openDoor(server.url)
    const redis = await connectRedis(server.url)
    const spool = await openRedis(door.url)
    try {
      await spool.append([record('0')])
      await redis.command('REPLICAOF', '127.0.0.1', '1')
      const refused = await Promise.allSettled([1, 2, 3].map((id) => spool.append([record(`${id}`)])))
      expect(refused).toEqual(Array(3).fill({ status: 'rejected', reason: expect.any(Error) as Error }))
      expect(refused[0]).toMatchObject({ reason: { code: 'READONLY' } })
      // Meanwhile nothing is kept back.
      await expect(spool.append([record('1')])).rejects.toThrow('READONLY')
      door.leadTo(promoted.url)
      expect(await eventually(() => spool.append([record('1')]))).toEqual({ duplicates: 0 })
      expect(door.opened()).toBe(2)
    } finally {
      await redis.command('REPLICAOF', 'NO', 'ONE')
      await Promise.all([spool.close(), redis.close()])
      await Promise.all([door.shut(), promoted.stop()])
    }
  })

  it('connects anew, once, when its connection has gone silent', async () => {
    const door = await openDoor(server.url)
    const spool = await openRedis(door.url)
    await spool.append([record('0')])
    door.silence()
    const refused = await Promise.allSettled([spool.append([record('1')]), spool.append([record('2')]), spool.stats()])
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await eventually(() => spool.append([record('1')]))).toEqual({ duplicates: 0 })
    expect(door.opened()).toBe(2)
    door.silence()
    const closing = performance.now()
    await spool.close()
    expect(performance.now() - closing).toBeLessThan(12_000)
    await door.shut()
  }, 40_000)

  it('forgets a collector that left, but never what it had leased', async () => {
    const redis = await connectRedis(server.url)
    const consumers = async () => (await redis.command<unknown[]>('XINFO', 'CONSUMERS', '{amberflo-spool}:items', 'collectors')).length
    const [idle, busy] = await Promise.all([openRedis(server.url), openRedis(server.url, { leaseMs: 200 })])
    await busy.append([record('1')])
    await busy.lease(1)
    await idle.lease(1)
    await idle.close()
    await busy.close()
    expect(await consumers()).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 250))
    const other = await openRedis(server.url, { leaseMs: 200 })
    expect(await other.lease(1)).toHaveLength(1)
    await other.close()
    await redis.close()
  })

  it('warns of a Redis that may forget, and only then', async () => {
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    await (await openRedis(server.url, { warn })).close()
    expect(warnings).toEqual([])
    const redis = await connectRedis(server.url)
    await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec')
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await (await openRedis(server.url, { warn })).close()
    await redis.command('CONFIG', 'SET', 'appendfsync', 'always')
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await redis.close()
    expect(warnings).toEqual([expect.stringContaining('appendfsync everysec'), expect.stringContaining('maxmemory-policy allkeys-lru')])
  })

  it('fails to open when there is no Redis', async () => {
    await expect(openRedis('redis://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED')
  })
})

/** A name that leads to Redis: new connections go where it leads, those that are open stay, as with DNS or a balancer. */
async function openDoor(url: string) {
  let port = Number(new URL(url).port)
  let opened = 0
  const pairs: [Socket, Socket][] = []
  const door = createServer((near) => {
    opened++
    const far = connect(port, '127.0.0.1')
    pairs.push([near, far])
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${(door.address() as AddressInfo).port}`,
    opened: () => opened,
    leadTo: (other: string) => void (port = Number(new URL(other).port)),
    /** The other side of all that is open is gone without a word. */
    silence() {
      for (const [near, far] of pairs) {
        near.unpipe().pause()
        far.unpipe().pause()
      }
    },
    shut() {
      for (const socket of pairs.flat()) socket.destroy()
      return new Promise((resolve) => door.close(resolve))
    },
  }
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 5_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
