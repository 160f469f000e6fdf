import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../amberflo/client.js'
import type { CollectorEvent } from '../events.js'
import { ingestAll, startUpstream } from '../testing/upstream.js'
import type { Reply } from '../testing/upstream.js'
import { createForwarder } from './forwarder.js'
import type { Forwarder } from './forwarder.js'
import { openSqlite } from './sqlite.js'
import type { Spool, SpoolItem } from './spool.js'

const records = (count: number, prefix = 'r'): SpoolItem[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'record', customerId: 'acme', id: `${prefix}${index}`, json: `{"uniqueId":"${prefix}${index}"}` }))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let directory: string
let upstream: Awaited<ReturnType<typeof startUpstream>>
let spool: Spool
let events: CollectorEvent[]
const forwarders: Forwarder[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forwarder-'))
  upstream = await startUpstream()
  events = []
  spool = await openSqlite(join(directory, 'spool.db'))
})
afterEach(async () => {
  await Promise.all(forwarders.splice(0).map((forwarder) => forwarder.close()))
  await spool.close()
  await upstream.close()
  await rm(directory, { recursive: true, force: true })
})

function start(over: Partial<Spool> = {}, random = () => 0.5) {
  const observe = (event: CollectorEvent) => void events.push(event)
  const client = createClient({ url: upstream.url, apiKey: 'key', timeoutMs: 15_000, observe })
  const forwarder = createForwarder({ spool: { ...spool, ...over }, client, observe, random })
  forwarders.push(forwarder)
  return forwarder
}

async function until(reached: () => boolean | Promise<boolean>) {
  const giveUpAt = Date.now() + 20_000
  while (!(await reached())) {
    if (Date.now() > giveUpAt) throw new Error('not reached in 20 s')
    await sleep(5)
  }
}
const empty = async () => (await spool.stats()).waiting === 0

it('begins with what was left behind, without being told', async () => {
  await spool.append(records(1))
  start()
  await until(empty)
  expect(upstream.posted()).toHaveLength(1)
})

it('gathers what comes at about the same time into one request', async () => {
  const forwarder = start()
  await sleep(50)
  const startedAt = performance.now()
  for (let at = 0; at < 10; at++) {
    await spool.append(records(1, `batch${at}-`))
    forwarder.wake()
  }
  // One at a time they take the disk's time: as long as 20 ms goes by, another request is due.
  const lingers = (performance.now() - startedAt) / 20
  await until(empty)
  expect(upstream.seen.length).toBeLessThanOrEqual(Math.max(3, lingers + 1))
})

it('works through a backlog with several requests at once, each record in one', async () => {
  let inHand = 0
  let most = 0
  let allFour = () => {}
  const four = new Promise<void>((resolve) => (allFour = resolve))
  upstream.answerWith(async (seen) => {
    most = Math.max(most, ++inHand)
    if (inHand === 4) allFour()
    // However slow the machine leases, the first wait for the fourth; and then there is time for one too many.
    await four
    await sleep(30)
    inHand -= 1
    return ingestAll(seen)
  })
  await spool.append(records(950))
  start()
  await until(empty)
  expect(most).toBe(4)
  expect(upstream.seen).toHaveLength(10)
  expect(new Set(upstream.posted().map(({ uniqueId }) => uniqueId)).size).toBe(950)
})

it('asks with one request at a time while Amberflo is in trouble', async () => {
  upstream.answerWith(() => ({ status: 503 }))
  await spool.append(records(600))
  start({}, () => 0.001)
  await until(() => upstream.seen.length >= 6)
  // The first few were under way when trouble was noticed; after that one at a time, a second apart.
  const after = upstream.seen.length
  await sleep(1_100)
  expect(upstream.seen.length - after).toBeLessThanOrEqual(3)
  upstream.answerWith(ingestAll)
  await until(empty)
})

it.each<[string, Reply]>([
  ['be left alone for a minute', { status: 503, headers: { 'retry-after': '60' } }],
  ['wait', { delayMs: 60_000 }],
])('brings usage though Amberflo makes customers %s', async (_, reply) => {
  upstream.answerWith((seen) => (seen.url.startsWith('/customers') ? reply : ingestAll(seen)))
  const customers: SpoolItem[] = Array.from({ length: 30 }, (_, at) => ({ kind: 'customer', customerId: `c${at}`, id: `c${at}`, json: `{"customerId":"c${at}"}` }))
  await spool.append([...customers, ...records(30)])
  const forwarder = start()
  await until(() => upstream.posted().length === 30)
  // And what comes while customers are put off, or on their way.
  await spool.append(records(30, 'later'))
  forwarder.wake()
  await until(() => upstream.posted().length === 60)
  await until(async () => (await spool.stats()).waiting === 30)
  expect(upstream.seen.filter(({ url }) => url.startsWith('/customers')).length).toBeLessThanOrEqual(8)
  await upstream.close()
})

it('is closed when the customers whom usage did not wait for are written, too', async () => {
  upstream.answerWith((seen) => ({ ...ingestAll(seen), delayMs: seen.url === '/ingest' ? 0 : 700 }))
  await spool.append([{ kind: 'customer', customerId: 'c', id: 'c', json: '{"customerId":"c"}' }, ...records(1)])
  const forwarder = start()
  await until(() => upstream.posted().length === 1)
  await forwarder.close()
  expect(await empty()).toBe(true)
})

it('obeys Retry-After', async () => {
  upstream.answerWith(() => ({ status: 429, headers: { 'retry-after': '2' } }))
  await spool.append(records(1))
  start()
  await until(() => upstream.seen.length === 1)
  upstream.answerWith(ingestAll)
  await sleep(1_800)
  expect(upstream.seen).toHaveLength(1)
  await until(empty)
})

it('goes on after the spool failed', async () => {
  await spool.append(records(1))
  let failures = 2
  start({ lease: (max) => (failures-- > 0 ? Promise.reject(new Error('disk')) : spool.lease(max)) }, () => 0)
  await until(empty)
  expect(events.filter(({ type }) => type === 'alarm')).toEqual(Array(2).fill({ type: 'alarm', alarm: 'spool_failed', detail: { error: 'Error' } }))
})

it('finishes the attempt in hand when it is closed, and begins none', async () => {
  upstream.answerWith((seen) => ({ ...ingestAll(seen), delayMs: 200 }))
  await spool.append(records(1))
  const forwarder = start()
  await until(() => upstream.seen.length === 1)
  await spool.append(records(1, 'late'))
  forwarder.wake()
  await forwarder.close()
  expect((await spool.stats()).waiting).toBe(1)
  await sleep(100)
  expect(upstream.seen).toHaveLength(1)
})
