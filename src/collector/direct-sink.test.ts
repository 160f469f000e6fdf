import type { CollectorEvent } from './events.js'
import { createClient } from './amberflo/client.js'
import type { AmberfloClient } from './amberflo/client.js'
import { createCustomerWriter } from './amberflo/customers.js'
import { createLock } from './lock.js'
import { createDirectSink } from './direct-sink.js'
import type { SpoolItem } from './spool/spool.js'
import { ingestAll, startUpstream } from './testing/upstream.js'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let events: CollectorEvent[]
let time: number

beforeEach(async () => {
  upstream = await startUpstream()
  events = []
  time = Date.now()
})
afterEach(() => upstream.close())

function sink() {
  const observe = (event: CollectorEvent) => events.push(event)
  const client = createClient({ url: upstream.url, apiKey: 'key', timeoutMs: 1000, observe })
  return createDirectSink({ client, writeCustomer: createCustomerWriter(client, createLock()), observe, now: () => time })
}

const record = (id: string, json = `{"uniqueId":"${id}"}`, customerId = 'ada'): SpoolItem => ({ kind: 'record', customerId, id, json })
const customer: SpoolItem = { kind: 'customer', customerId: 'ada', id: 'ada', json: '{"customerId":"ada","customerName":"Ada"}' }
const ids = () => upstream.posted().map(({ uniqueId }) => uniqueId)

test('a batch is taken when Amberflo has all of it', async () => {
  expect(await sink().take([customer, record('1'), record('2')])).toEqual({ accepted: 3, duplicates: 0, rejected: [] })
  expect(upstream.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /customers?customerId=ada', 'POST /customers', 'POST /ingest'])
})

test('what Amberflo has is not sent again', async () => {
  const direct = sink()
  await direct.take([record('1')])
  expect(await direct.take([record('1'), record('2'), record('2')])).toEqual({ accepted: 1, duplicates: 2, rejected: [] })
  expect(ids()).toEqual(['1', '2'])
})

test('the same id of another customer is another record', async () => {
  const direct = sink()
  await direct.take([record('1')])
  expect(await direct.take([record('1', '{"uniqueId":"1"}', 'bob')])).toMatchObject({ accepted: 1 })
})

test('a record that is sent again goes out with its first bytes, whatever it has now', async () => {
  const direct = sink()
  upstream.answerWith(() => ({ status: 503, headers: { 'retry-after': '3' } }))
  await expect(direct.take([record('1', '{"uniqueId":"1","at":1}')])).rejects.toMatchObject({ name: 'NotNowError', retryAfterMs: 3000 })
  upstream.answerWith(ingestAll)
  expect(await direct.take([record('1', '{"uniqueId":"1","at":2}')])).toMatchObject({ accepted: 1 })
  expect(upstream.seen.map(({ body }) => body)).toEqual(['[{"uniqueId":"1","at":1}]', '[{"uniqueId":"1","at":1}]'])
})

test('what came out of its time is rejected, unless something was decided for it', async () => {
  const direct = sink()
  upstream.answerWith((seen) => (seen.body.includes('bad') ? { status: 400 } : { status: 503 }))
  await direct.take([record('bad')])
  await expect(direct.take([record('1')])).rejects.toThrow()
  upstream.answerWith(ingestAll)
  const late = (id: string) => ({ ...record(id, ''), unlessKnown: 'in_future' as const })
  const rejected = ['2', 'bad'].map((id) => ({ id, reason: 'in_future' }))
  expect(await direct.take([customer, late('1'), late('2'), late('bad')])).toEqual({ accepted: 2, duplicates: 0, rejected })
  expect(await direct.take([late('1'), late('2'), late('bad')])).toEqual({ accepted: 0, duplicates: 1, rejected })
  expect(ids()).toEqual(['bad', '1', '1'])
})

test('what was corrected is known for as long as a page sends it again', async () => {
  const direct = sink()
  const day = 24 * 60 * 60 * 1000
  await direct.take([{ ...record('1'), corrected: true }, record('2')])
  time += 30 * day
  expect(await direct.take([{ ...record('1', '{"uniqueId":"1","at":2}'), corrected: true }, record('2')])).toEqual({ accepted: 1, duplicates: 1, rejected: [] })
  expect(await direct.take([record('1')])).toMatchObject({ duplicates: 1 })
  expect(ids()).toEqual(['1', '2', '2'])
})

test('what comes at the same time goes to Amberflo together, and each learns the fate of its own', async () => {
  const direct = sink()
  upstream.answerWith((seen) => (seen.body.includes('bad') ? { status: 400 } : ingestAll(seen)))
  const taken = await Promise.all([direct.take([record('1'), record('2')]), direct.take([record('bad')]), direct.take([record('3')])])
  expect(taken).toEqual([
    { accepted: 2, duplicates: 0, rejected: [] },
    { accepted: 0, duplicates: 0, rejected: [{ id: 'bad', reason: 'refused_upstream' }] },
    { accepted: 1, duplicates: 0, rejected: [] },
  ])
  expect(upstream.seen[0]?.body).toBe('[{"uniqueId":"1"},{"uniqueId":"2"},{"uniqueId":"bad"},{"uniqueId":"3"}]')
})

test('the same batch twice at once is sent once, and both learn its fate', async () => {
  const direct = sink()
  upstream.answerWith((seen) => ({ ...ingestAll(seen), delayMs: 30 }))
  const both = await Promise.all([direct.take([record('1')]), direct.take([record('1', 'other')])])
  expect(both).toEqual([
    { accepted: 1, duplicates: 0, rejected: [] },
    { accepted: 0, duplicates: 1, rejected: [] },
  ])
  expect(ids()).toEqual(['1'])

  upstream.answerWith(() => ({ status: 500, delayMs: 30 }))
  const failed = await Promise.allSettled([direct.take([record('2')]), direct.take([record('2')])])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('what waits for company goes when it is hurried, in the same turn', async () => {
  const ingest = jest.fn(async () => ({ kind: 'taken' as const }))
  const direct = createDirectSink({ client: { ingest } as unknown as AmberfloClient, writeCustomer: ingest, observe: () => undefined, now: () => time })
  const settled = async () => {
    for (let step = 0; step < 20; step++) await null
  }
  const taken = direct.take([record('1')])
  await settled()
  expect(ingest).not.toHaveBeenCalled()
  direct.hurry()
  await settled()
  expect(ingest).toHaveBeenCalledTimes(1)
  expect(await taken).toMatchObject({ accepted: 1 })
})

test('of what Amberflo has the text is not kept, so that much of it is known for as long as little', async () => {
  const direct = createDirectSink({ client: { ingest: async () => ({ kind: 'taken' }) } as unknown as AmberfloClient, writeCustomer: async () => ({ kind: 'taken' }), observe: () => undefined, now: () => time })
  for (let at = 0; at < 40; at++) await direct.take([record(String(at), 'x'.repeat(2 ** 20))])
  expect(await direct.take([record('0')])).toMatchObject({ duplicates: 1 })
})

test('part of a batch does not make it taken', async () => {
  const direct = sink()
  const many = Array.from({ length: 150 }, (_, at) => record(String(at)))
  let requests = 0
  upstream.answerWith((seen) => (++requests === 2 ? { status: 503 } : ingestAll(seen)))
  await expect(direct.take(many)).rejects.toThrow()
  expect(await direct.take(many)).toMatchObject({ accepted: expect.any(Number), rejected: [] })
  expect(new Set(ids())).toEqual(new Set(many.map(({ id }) => id)))
  expect(upstream.seen).toHaveLength(3)
})

test('records wait until their customer has arrived', async () => {
  upstream.answerWith(({ url }) => (url === '/ingest' ? { body: '1 records were ingested' } : { status: 502 }))
  await expect(sink().take([customer, record('1')])).rejects.toMatchObject({ name: 'NotNowError' })
  expect(ids()).toEqual([])
})

test('what Amberflo refuses is rejected alone, and may be tried again', async () => {
  const direct = sink()
  upstream.answerWith((seen) => (seen.body.includes('bad') ? { status: 400 } : ingestAll(seen)))
  expect(await direct.take([record('1'), record('bad'), record('2')])).toEqual({ accepted: 2, duplicates: 0, rejected: [{ id: 'bad', reason: 'refused_upstream' }] })
  expect(events).toContainEqual({ type: 'alarm', alarm: 'upstream_refused', detail: { status: 400 } })
  upstream.answerWith(ingestAll)
  expect(await direct.take([record('bad')])).toMatchObject({ accepted: 1 })
})

test('a customer that Amberflo refuses is rejected alone', async () => {
  upstream.answerWith((seen) => (seen.url === '/customers' ? { status: 400 } : ingestAll(seen)))
  expect(await sink().take([customer, record('1')])).toEqual({ accepted: 1, duplicates: 0, rejected: [{ id: 'ada', reason: 'refused_upstream' }] })
})

test('ids are remembered for a day, and not for ever', async () => {
  const direct = sink()
  await direct.take([record('1')])
  time += 24 * 60 * 60 * 1000
  expect(await direct.take([record('1')])).toMatchObject({ duplicates: 1 })
  time += 24 * 60 * 60 * 1000
  expect(await direct.take([record('1')])).toMatchObject({ accepted: 1 })
})
