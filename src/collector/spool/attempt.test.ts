import { createClient } from '../amberflo/client.js'
import type { CollectorEvent } from '../events.js'
import { ingestAll, startUpstream } from '../testing/upstream.js'
import type { Reply, Seen } from '../testing/upstream.js'
import { createAttempt } from './attempt.js'
import { openSqlite } from './sqlite.js'
import type { Spool, SpoolItem } from './spool.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const record = (id: string): SpoolItem => ({ kind: 'record', customerId: 'acme', id, json: `{"uniqueId":"${id}"}` })
const customer = (customerId: string, name = customerId): SpoolItem => ({
  kind: 'customer',
  customerId,
  id: customerId,
  json: JSON.stringify({ customerId, customerName: name }),
})
const records = (count: number) => Array.from({ length: count }, (_, index) => record(`r${index}`))

let directory: string
let upstream: Awaited<ReturnType<typeof startUpstream>>
let spool: Spool
let time: number
let events: CollectorEvent[]
let run: ReturnType<typeof createAttempt>
let attempt: () => ReturnType<typeof run>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'attempt-'))
  upstream = await startUpstream()
  time = 1_000_000
  events = []
  spool = await openSqlite(join(directory, 'spool.db'), { now: () => time })
  const observe = (event: CollectorEvent) => void events.push(event)
  const client = createClient({ url: upstream.url, apiKey: 'key', timeoutMs: 2_000, observe })
  run = createAttempt({ spool, client, observe, now: () => time, random: () => 0.5 })
  attempt = async () => run(await spool.lease(100), performance.now() + spool.leaseMs)
})
afterEach(async () => {
  await spool.close()
  await upstream.close()
  await rm(directory, { recursive: true, force: true })
})

const bodies = () => upstream.seen.filter(({ url }) => url === '/ingest').map(({ body }) => body)
const refusing = (id: string) => (seen: Seen): Reply => (seen.body.includes(`"${id}"`) ? { status: 400 } : ingestAll(seen))

it('sends records as they are, and is rid of them', async () => {
  await spool.append(records(3))
  expect(await attempt()).toEqual({ reached: true })
  expect(bodies()).toEqual(['[{"uniqueId":"r0"},{"uniqueId":"r1"},{"uniqueId":"r2"}]'])
  expect((await spool.stats()).waiting).toBe(0)
})

it.each<[string, Reply]>([
  ['503', { status: 503 }],
  ['429', { status: 429 }],
  ['401', { status: 401 }],
  ['404', { status: 404 }],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['a connection that is cut', null],
  ['no answer in time', { delayMs: 10_000 }],
])('keeps everything on %s, and sends the same bytes again', async (_, reply) => {
  upstream.answerWith(() => reply)
  await spool.append(records(3))
  expect((await attempt()).reached).toBe(false)
  expect(await spool.stats()).toMatchObject({ waiting: 3, dead: 0 })
  upstream.answerWith(ingestAll)
  time += 30_000
  expect((await attempt()).reached).toBe(true)
  const [first, last] = [bodies().at(0), bodies().at(-1)]
  expect(last).toBe(first)
  expect((await spool.stats()).waiting).toBe(0)
})

it('tells how long Amberflo wants to be left alone, and hides the items for as long', async () => {
  upstream.answerWith(() => ({ status: 429, headers: { 'retry-after': '7' } }))
  await spool.append(records(1))
  expect(await attempt()).toEqual({ reached: false, retryAfterMs: 7_000 })
  time += 6_999
  expect(await spool.lease(1)).toHaveLength(0)
  time += 1
  expect(await spool.lease(1)).toHaveLength(1)
})

it('counts what Amberflo refused, and not what met an outage before', async () => {
  await spool.append(records(1))
  upstream.answerWith(() => ({ status: 503 }))
  for (let at = 0; at < 4; at++) {
    await attempt()
    time += 60_000
  }
  upstream.answerWith(refusing('r0'))
  for (let at = 0; at < 3; at++) {
    expect(await spool.stats()).toMatchObject({ waiting: 1, dead: 0 })
    await attempt()
    time += 26_000
  }
  expect(await spool.stats()).toMatchObject({ waiting: 0, dead: 1 })
})

it('lets nothing go round for ever, though each refusal is forgotten', async () => {
  await spool.append(records(1))
  upstream.answerWith(refusing('r0'))
  for (let tries = 0; tries <= 100; tries++) {
    expect(await spool.stats()).toMatchObject({ waiting: 1, dead: 0 })
    await attempt()
    // Longer than a refusal is remembered.
    time += 20 * 60_000
  }
  expect(await spool.stats()).toMatchObject({ waiting: 0, dead: 1 })
})

it('gives a refused record two more tries, each more than 20 s later, before it is dead, and holds up no other', async () => {
  upstream.answerWith(refusing('r6'))
  await spool.append(records(10))
  await attempt()
  expect(await spool.stats()).toMatchObject({ waiting: 1, dead: 0 })
  for (const tries of [1, 2]) {
    expect((await spool.stats()).dead).toBe(0)
    time += 19_999
    expect(await spool.lease(100)).toEqual([])
    time += 2_600
    await attempt()
    expect(bodies().filter((body) => body === '[{"uniqueId":"r6"}]')).toHaveLength(tries + 1)
  }
  expect(await spool.stats()).toMatchObject({ waiting: 0, dead: 1 })
  expect(await spool.listDead(9)).toMatchObject([{ id: 'r6', reason: 'status 400' }])
  expect(events).toContainEqual({ type: 'alarm', alarm: 'upstream_refused', detail: { status: 400 } })
})

it('writes customers before records', async () => {
  await spool.append([record('1'), customer('acme')])
  expect(await attempt()).toEqual({ reached: true })
  expect(upstream.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /customers?customerId=acme', 'POST /customers', 'POST /ingest'])
  expect((await spool.stats()).waiting).toBe(0)
})

it('lets no customer hold up usage', async () => {
  upstream.answerWith((seen) => (seen.url.includes('poison') ? { status: 500 } : ingestAll(seen)))
  await spool.append([customer('poison'), record('1'), customer('fine')])
  expect(await attempt()).toEqual({ reached: true })
  expect(upstream.posted()).toHaveLength(1)
  expect((await spool.stats()).waiting).toBe(1)
  time += 500
  expect(await spool.lease(100)).toMatchObject([{ id: 'poison', attempts: 1 }])
})

it('asks for no more than a few customers while Amberflo is down', async () => {
  upstream.answerWith(() => ({ status: 503, headers: { 'retry-after': '3' } }))
  await spool.append(Array.from({ length: 50 }, (_, index) => customer(`c${index}`)))
  expect(await attempt()).toEqual({ reached: false, retryAfterMs: 3_000 })
  expect(upstream.seen).toHaveLength(8)
  time += 2_000
  expect(await spool.lease(100)).toEqual([])
  time += 1_000
  expect(await spool.lease(100)).toHaveLength(50)
})

it('has customers of three leases on their way at most, so that others may bring usage', async () => {
  upstream.answerWith(() => ({ delayMs: 100 }))
  await spool.append(['a', 'b', 'c', 'd'].map((id) => customer(id)))
  const passes = (await spool.lease(100)).map((item) => run([item], Infinity))
  expect(await passes[3]).toEqual({ reached: false })
  await Promise.all(passes)
  expect(upstream.seen.filter(({ method }) => method === 'GET')).toHaveLength(3)
})

it('writes no customer whose lease is over', async () => {
  await spool.append([customer('acme', 'old')])
  const leased = await spool.lease(100)
  expect((await run(leased, performance.now() - 1)).reached).toBe(false)
  expect(upstream.seen).toEqual([])
  expect((await spool.stats()).waiting).toBe(1)
})

it('buries a customer that Amberflo refuses', async () => {
  upstream.answerWith(({ method }) => (method === 'GET' ? { body: '{}' } : { status: 422 }))
  await spool.append([customer('acme')])
  for (let at = 0; at < 3; at++) {
    await attempt()
    time += 25_000
  }
  expect(await spool.listDead(9)).toMatchObject([{ kind: 'customer', id: 'acme', reason: 'status 422' }])
})
