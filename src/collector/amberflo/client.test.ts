import type { CollectorEvent } from '../events.js'
import { startUpstream } from '../testing/upstream.js'
import { sendByHttp } from '../server/http-transport.js'
import { createClient } from './client.js'
import { sendByFetch } from './transport.js'

const apiKey = 'canary-key-91f2'
let upstream: Awaited<ReturnType<typeof startUpstream>>
let events: CollectorEvent[]

beforeEach(async () => {
  upstream = await startUpstream()
  events = []
})
afterEach(() => upstream.close())

describe.each([['fetch', sendByFetch()], ['Node’s own client', sendByHttp()]])('by %s', (_, send) => {
  const client = (timeoutMs = 2000) => createClient({ url: upstream.url, apiKey, timeoutMs, send, observe: (event) => events.push(event) })
  const alarms = () => events.flatMap((event) => (event.type === 'alarm' ? [event.alarm] : []))

  describe('ingest', () => {
    test('posts the texts as they are, in one array, with the key in its header', async () => {
      expect(await client().ingest(['{"a":1.50}', '{"b":"ü"}'])).toEqual({ kind: 'taken' })
      const [{ method, url, headers, body } = { headers: {} } as never] = upstream.seen
      expect({ method, url, body }).toEqual({ method: 'POST', url: '/ingest', body: '[{"a":1.50},{"b":"ü"}]' })
      expect(headers['x-api-key']).toBe(apiKey)
      expect(headers['content-type']).toBe('application/json')
      expect(alarms()).toEqual([])
      expect(events).toEqual([{ type: 'upstream', method: 'POST', path: '/ingest', status: 200, ms: expect.any(Number) }])
    })

    test.each([
      [400, { kind: 'refused', status: 400 }, []],
      [413, { kind: 'refused', status: 413 }, []],
      [422, { kind: 'refused', status: 422 }, []],
      [401, { kind: 'later', cause: 'status 401' }, ['wrong_key']],
      [403, { kind: 'later', cause: 'status 403' }, ['wrong_key']],
      [404, { kind: 'later', cause: 'status 404' }, ['wrong_url']],
      [405, { kind: 'later', cause: 'status 405' }, ['wrong_url']],
      [408, { kind: 'later', cause: 'status 408' }, []],
      [429, { kind: 'later', cause: 'status 429' }, []],
      [500, { kind: 'later', cause: 'status 500' }, []],
      [503, { kind: 'later', cause: 'status 503' }, []],
    ])('answer %i', async (status, outcome, alarmed) => {
      upstream.answerWith(() => ({ status }))
      expect(await client().ingest(['{}'])).toEqual(outcome)
      expect(alarms()).toEqual(alarmed)
    })

    test('passes on how long Amberflo asks to wait', async () => {
      upstream.answerWith(() => ({ status: 429, headers: { 'retry-after': '7' } }))
      expect(await client().ingest(['{}'])).toEqual({ kind: 'later', cause: 'status 429', retryAfterMs: 7000 })
    })

    test('never follows a redirect, and so never carries the key elsewhere', async () => {
      const elsewhere = await startUpstream()
      upstream.answerWith(() => ({ status: 307, headers: { location: `${elsewhere.url}/ingest` } }))
      expect(await client().ingest(['{}'])).toMatchObject({ kind: 'later' })
      expect(elsewhere.seen).toEqual([])
      expect(alarms()).toEqual(['wrong_url'])
      await elsewhere.close()
    })

    test.each([
      ['the connection is cut', 2000, () => null],
      ['the answer takes too long', 50, () => ({ delayMs: 500 })],
      ['the answer is longer than any of Amberflo’s', 2000, () => ({ body: `1 records were ingested${' '.repeat(16 * 1024)}` })],
      ['the answer is cut after its head', 2000, () => ({ headers: { 'content-length': '100', connection: 'close' }, body: '1 records' })],
    ])('is not known to have arrived when %s', async (_, timeoutMs, reply) => {
      upstream.answerWith(reply)
      expect(await client(timeoutMs).ingest(['{}'])).toEqual({ kind: 'later', cause: 'no answer' })
      expect(events).toEqual([expect.objectContaining({ type: 'upstream', status: 0 })])
    })

    test('tells why there is no answer, without a word of what was sent', async () => {
      upstream.answerWith(() => ({ delayMs: 500 }))
      await client(50).ingest(['{}'])
      await upstream.close()
      await client().ingest(['{}'])
      expect(events).toEqual([
        expect.objectContaining({ status: 0, error: 'TimeoutError' }),
        expect.objectContaining({ status: 0, cause: 'ECONNREFUSED' }),
      ])
    })

    test.each([
      ['1 records were ingested', ['count_mismatch']],
      ['3 records were ingested', ['count_mismatch']],
      ['thank you', ['unreadable_answer']],
      ['2 records were ingested', []],
    ])('compares "%s" with the two that were sent', async (body, alarmed) => {
      upstream.answerWith(() => ({ body }))
      expect(await client().ingest(['{}', '{}'])).toEqual({ kind: 'taken' })
      expect(alarms()).toEqual(alarmed)
    })
  })

  test.each(['<!DOCTYPE html><title>Sign in</title>', '\ufeff\n <html>'])('a page is nobody’s receipt: %j', async (body) => {
    upstream.answerWith(() => ({ headers: { 'content-type': 'text/html' }, body }))
    expect(await client().ingest(['{}'])).toEqual({ kind: 'later', cause: 'a page' })
    expect(await client().readCustomer('ada')).toEqual({ kind: 'later', cause: 'a page' })
    expect(await client().writeCustomer('PUT', '{}')).toEqual({ kind: 'later', cause: 'a page' })
    expect(alarms()).toEqual(['wrong_url', 'wrong_url', 'wrong_url'])
  })

  describe('readCustomer', () => {
    const stored = { customerId: 'a/b&c', customerName: 'A', traits: { plan: 'pro' } }

    test.each([
      ['the customer', { body: JSON.stringify(stored) }, { kind: 'found', customer: stored }],
      ['a list with the customer', { body: JSON.stringify([{ customerId: 'x' }, stored]) }, { kind: 'found', customer: stored }],
      ['an empty object', { body: '{}' }, { kind: 'none' }],
      ['an empty list', { body: '[]' }, { kind: 'none' }],
      ['a list of others', { body: '[{"customerId":"x"}, null]' }, { kind: 'none' }],
      ['null', { body: 'null' }, { kind: 'none' }],
      ['nothing', { body: '' }, { kind: 'none' }],
      ['404', { status: 404, body: 'no such customer' }, { kind: 'none' }],
      ['another customer', { body: '{"customerId":"x"}' }, { kind: 'later', cause: 'unreadable answer' }],
      ['a page of a proxy', { body: '<html>' }, { kind: 'later', cause: 'a page' }],
      ['text', { body: 'thank you' }, { kind: 'later', cause: 'unreadable answer' }],
      ['a refusal', { status: 400 }, { kind: 'refused', status: 400 }],
      ['trouble', { status: 502 }, { kind: 'later', cause: 'status 502' }],
    ])('understands %s', async (_, reply, expected) => {
      upstream.answerWith(() => reply)
      expect(await client().readCustomer('a/b&c')).toEqual(expected)
      expect(upstream.seen[0]?.url).toBe('/customers?customerId=a%2Fb%26c')
      expect(alarms().includes('unreadable_answer')).toBe('cause' in expected && expected.cause === 'unreadable answer')
    })
  })
})
