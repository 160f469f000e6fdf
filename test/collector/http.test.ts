import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { ClientRequest } from 'node:http'
import type { CollectorOptions } from '../../src/collector/index.js'
import { collect, envelope, origin, record } from './support/collector.js'
import { serve, servers, speak } from './support/serve.js'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

describe.each(Object.keys(servers) as (keyof typeof servers)[])('%s', (way) => {
  async function start(options: Partial<CollectorOptions> = {}) {
    const inside = collect({ trustClient: true, ...options })
    const served = await serve(inside.collector, way)
    closing.push(served.close)
    const send = (body: BodyInit | null, headers: Record<string, string> = { origin }, method = 'POST') =>
      fetch(`${served.url}?b=b1`, { method, headers, body, ...(body instanceof ReadableStream ? { duplex: 'half' } : {}) } as RequestInit)
    return { ...inside, ...served, send }
  }

  const fixture = (name: string) => JSON.parse(readFileSync(`test/fixtures/${name}.json`, 'utf8')) as { record?: object; customer?: object }

  test('what a page sends arrives at Amberflo, exactly', async () => {
    const recorded = Date.parse('2021-04-26T14:01:47Z')
    const { send, records, customers } = await start({ now: () => recorded })
    const sent = ['page', 'screen', 'track'].map((name) => fixture(name).record)
    const { customer } = fixture('identify')
    const response = await send(envelope({ sentAt: recorded, records: sent, customers: [customer] }))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ accepted: 4, duplicates: 0, rejected: [] })
    expect(await records()).toEqual(sent)
    expect(await customers()).toEqual([customer])
  })

  describe('the headers of an answer', () => {
    const cors = {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Retry-After',
      vary: 'Origin',
    }

    test('a batch that is taken whole has the receipt', async () => {
      const { send } = await start()
      const { headers } = await send(envelope({ records: [record(), record()] }))
      expect(Object.fromEntries(headers)).toMatchObject({ ...cors, 'server-timing': 'accepted;desc="2"', 'timing-allow-origin': origin, 'content-type': 'application/json' })
    })

    test('a beacon of another origin has it without a body, which engines would block', async () => {
      const { post } = collect({ trustClient: true })
      const beacon = (site: string) => post(envelope({ records: [record()] }), { origin, 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': site })
      const opaque = await beacon('cross-site')
      expect([opaque.status, await opaque.text(), opaque.headers.get('content-type'), opaque.headers.get('x-content-type-options')]).toEqual([200, '', null, null])
      expect(opaque.headers.get('server-timing')).toBe('accepted;desc="1"')
      expect(opaque.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(await (await beacon('same-origin')).json()).toMatchObject({ accepted: 1 })
    })

    test('a page of the collector’s own origin has it too', async () => {
      const { send, port } = await start({ origins: undefined })
      const own = `http://127.0.0.1:${port}`
      const { status, headers } = await send(envelope({ records: [record()] }), { origin: own })
      expect(status).toBe(200)
      expect(headers.get('timing-allow-origin')).toBe(own)
      expect(headers.get('server-timing')).toBe('accepted;desc="1"')
      expect((await send(envelope({ records: [record()] }))).status).toBe(403)
    })

    test.each<[string, number, (it: Awaited<ReturnType<typeof start>>) => Promise<Response>, Partial<CollectorOptions>?]>([
      ['a record was rejected', 200, ({ send }) => send(envelope({ records: [record(), record({ meterValue: -1 })] }))],
      ['the body is no JSON', 400, ({ send }) => send('{')],
      ['there is no body', 400, ({ send }) => send('')],
      ['a token is missing', 401, ({ send }) => send(envelope({ records: [record()] })), { tokenSecret: 'x'.repeat(32) }],
      ['the method is wrong', 405, ({ send }) => send(null, { origin }, 'GET')],
      ['the body is too large', 413, ({ send }) => send('x'.repeat(65_537))],
      ['there are too many records', 413, ({ send }) => send(envelope({ records: [record(), record()] })), { limits: { records: 1 } }],
      ['a customer is too busy', 429, async ({ send }) => (await send(envelope({ records: [record()] }))) && send(envelope({ records: [record()] })), { authenticate: () => ({ customerId: 'ada' }), limits: { perCustomer: { burst: 1, perSecond: 0.5 } } }],
      ['an address is too busy', 429, async ({ send }) => (await send(envelope({ records: [record()] }))) && send(envelope({ records: [record()] })), { clientIp: () => '203.0.113.1', limits: { perIp: { burst: 1, perSecond: 0.5 } } }],
      ['Amberflo is down', 503, async ({ send, fault }) => (await fault({ status: 500, count: 1 })) && send(envelope({ records: [record()] }))],
      ['Amberflo is slow', 503, async ({ send, fault }) => (await fault({ delayMs: 400, count: 1 })) && send(envelope({ records: [record()] })), { upstreamTimeoutMs: 50 }],
      ['the key is wrong', 503, ({ send }) => send(envelope({ records: [record()] })), { apiKey: 'wrong' }],
    ])('when %s: %i, open to the page and without a receipt', async (_, status, ask, options = {}) => {
      const response = await ask(await start(options))
      expect(response.status).toBe(status)
      expect(Object.fromEntries(response.headers)).toMatchObject(cors)
      expect(response.headers.has('server-timing')).toBe(false)
      expect(response.headers.has('timing-allow-origin')).toBe(false)
      if (status === 429 || status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect([response.headers.get('cache-control'), response.headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff'])
      if (status === 405) expect(response.headers.get('allow')).toBe('POST, OPTIONS')
      if (status !== 200) expect(await response.json()).toEqual({ error: expect.stringMatching(/^[a-z_]+$/), message: expect.stringMatching(/\w+ .*\.$/s) })
    })

    test('a page that may not post is told so, and nothing else', async () => {
      const { send } = await start()
      const response = await send(envelope({ records: [record()] }), { origin: 'https://evil.test' })
      expect(response.status).toBe(403)
      expect(response.headers.get('vary')).toBe('Origin')
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control') || name.startsWith('timing'))).toEqual([])
    })

    test('a preflight is answered, though no page of ours sends one', async () => {
      const { send } = await start()
      const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
      const allowed = await send(null, { origin, ...asked }, 'OPTIONS')
      expect(allowed.status).toBe(204)
      expect(Object.fromEntries(allowed.headers)).toMatchObject({ ...cors, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'Content-Type' })
      const foreign = await send(null, { origin: 'https://evil.test', ...asked }, 'OPTIONS')
      expect(foreign.status).toBe(403)
      expect(foreign.headers.has('access-control-allow-origin')).toBe(false)
    })
  })

  describe('upstream trouble is passed on, never swallowed', () => {
    test('how long Amberflo wants to be left alone', async () => {
      const { send, fault, records } = await start()
      await fault({ status: 429, count: 1, headers: { 'retry-after': '17' } })
      const body = envelope({ records: [record()] })
      const response = await send(body)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '17'])
      expect(await records()).toEqual([])
      expect(await (await send(body)).json()).toMatchObject({ accepted: 1, duplicates: 0 })
      expect(await records()).toHaveLength(1)
    })

    test('a wrong key is an alarm to the operator, and no more than "not now" to the page', async () => {
      const { send, alarms } = await start({ apiKey: 'wrong-key-5ad0' })
      const response = await send(envelope({ records: [record()] }))
      expect(await response.text()).not.toMatch(/key|401|wrong/i)
      expect(alarms()).toEqual(['wrong_key'])
    })
  })

  describe('bytes on the wire', () => {
    const head = (more: string) => `POST /usage?b=1 HTTP/1.1\r\nHost: c.test\r\nOrigin: ${origin}\r\n${more}\r\n\r\n`
    const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

    test('a chunked body without a length is taken', async () => {
      const { port, records } = await start()
      const body = envelope({ records: [record({ dimensions: { name: 'Zoë' } })] })
      const heard = await speak(port, [head('Transfer-Encoding: chunked\r\nConnection: close'), ...[...body].map(chunk), '0\r\n\r\n'])
      expect(heard).toMatch(/^HTTP\/1.1 200 /)
      expect(await records()).toMatchObject([{ dimensions: { name: 'Zoë' } }])
    })

    test('a chunked body that never ends is cut off at the limit', async () => {
      const { port } = await start()
      const heard = await speak(port, [head('Transfer-Encoding: chunked'), ...Array.from({ length: 20 }, () => chunk('x'.repeat(8000)))], 8000)
      expect(heard).toMatch(/^HTTP\/1.1 413 /)
      expect(heard).toContain('"error":"too_large"')
    })

    test('a sender that stops in the middle is left', async () => {
      const { port } = await start({ limits: { readTimeoutMs: 100 } })
      const heard = await speak(port, [head('Content-Length: 1000'), '{"v":1,'], 8000)
      expect(heard).toMatch(/^HTTP\/1.1 408 /)
    })

    test('a sender that goes away in the middle hurts nobody', async () => {
      const { port, send, alarms } = await start({ limits: { readTimeoutMs: 300 } })
      await speak(port, [head('Content-Length: 1000'), '{"v":1,'], 30)
      await new Promise((resolve) => setTimeout(resolve, 400))
      expect(alarms()).toEqual([])
      expect((await send(envelope({ records: [record()] }))).status).toBe(200)
    })

    test('many slow senders leave room for the others', async () => {
      const { port, send } = await start({ limits: { readTimeoutMs: 300 } })
      const slow = Array.from({ length: 50 }, () => speak(port, [head('Content-Length: 1000'), '{'], 8000))
      expect((await send(envelope({ records: [record()] }))).status).toBe(200)
      expect((await Promise.all(slow)).filter((heard) => /^HTTP\/1.1 408 /.test(heard))).toHaveLength(50)
    })
  })

  describe('limits', () => {
    test('more in hand than there is room for is put off', async () => {
      const { send, fault } = await start({ limits: { inHand: 2 } })
      await fault({ delayMs: 1000, count: 2 })
      const responses = await Promise.all(Array.from({ length: 5 }, () => send(envelope({ records: [record()] }))))
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503, 503])
      expect((await send(envelope({ records: [record()] }))).status).toBe(200)
    })

    test('bodies that do not come shut out nobody but their own address', async () => {
      const { url, send } = await start({ limits: { inHand: 10, readTimeoutMs: 2_000 }, trustProxy: true })
      const open = (at: number) =>
        new Promise<ClientRequest>((resolve) => {
          const posted = request(url, { method: 'POST', headers: { 'content-length': 100, 'x-forwarded-for': '203.0.113.1', origin } })
          posted.on('error', () => undefined).write('{')
          setTimeout(() => resolve(posted), 50 * at)
        })
      const stuck = await Promise.all([open(1), open(2)])
      const body = () => envelope({ records: [record()] })
      expect((await send(body(), { origin, 'x-forwarded-for': '203.0.113.1' })).status).toBe(429)
      expect((await send(body(), { origin, 'x-forwarded-for': '203.0.113.2' })).status).toBe(200)
      stuck.forEach((posted) => posted.destroy())
    })

    test('what is over a customer’s cap for the day is rejected alone', async () => {
      const { send, records } = await start({ limits: { valuePerDay: 10 } })
      const sent = [record({ meterValue: 6 }), record({ meterValue: 5 }), record({ meterValue: 4 }), record({ customerId: 'bob', meterValue: 10 })]
      const body = envelope({ records: sent })
      expect(await (await send(body)).json()).toEqual({ accepted: 3, duplicates: 0, rejected: [{ id: sent[1]?.uniqueId, reason: 'over_limit' }] })
      expect(await (await send(body)).json()).toMatchObject({ accepted: 0, duplicates: 3 })
      expect((await records()).map(({ meterValue }) => meterValue)).toEqual([6, 4, 10])
    })
  })

  test('what was accepted stays so when it comes again on a day that is full', async () => {
    let now = Date.parse('2026-03-01T23:59:00Z')
    const { send } = await start({ now: () => now, limits: { valuePerDay: 10 } })
    const first = envelope({ sentAt: now, records: [record({ meterTimeInMillis: now, meterValue: 10 })] })
    expect(await (await send(first)).json()).toMatchObject({ accepted: 1 })
    now += 120_000
    const fresh = record({ meterTimeInMillis: now, meterValue: 10 })
    expect(await (await send(envelope({ sentAt: now, records: [fresh] }))).json()).toMatchObject({ accepted: 1 })
    expect(await (await send(first)).json()).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
    const over = record({ meterTimeInMillis: now })
    expect(await (await send(envelope({ sentAt: now, records: [over] }))).json()).toMatchObject({ rejected: [{ id: over.uniqueId, reason: 'over_limit' }] })
  })

  test('a browser with a wrong clock is stamped once, however often it sends', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z')
    const { send, records } = await start({ now: () => now })
    const hour = 3_600_000
    const wrong = record({ meterTimeInMillis: now - 5 * hour })
    await send(envelope({ sentAt: now - 5 * hour, records: [wrong] }))
    now += 7 * 60_000
    expect(await (await send(envelope({ sentAt: now - 5 * hour - 60_000, records: [wrong] }))).json()).toMatchObject({ duplicates: 1 })
    expect(await records()).toEqual([{ ...wrong, meterTimeInMillis: Date.parse('2026-03-01T12:00:00Z') }])
  })

  test.each([
    ['ahead', 5],
    ['two months behind', -61 * 24],
  ])('what was decided of a record stays when the clock, which was %s, has been set right', async (_, off) => {
    const now = Date.now()
    const { send, records, fault } = await start({ now: () => now })
    const wrong = record({ meterTimeInMillis: now + off * 3_600_000 })
    const unseen = record({ meterTimeInMillis: now + off * 3_600_000 })
    await fault({ status: 503 })
    expect((await send(envelope({ sentAt: now + off * 3_600_000, records: [wrong] }))).status).toBe(503)
    const right = envelope({ sentAt: now, records: [wrong, unseen] })
    expect(await (await send(right)).json()).toEqual({ accepted: 1, duplicates: 0, rejected: [{ id: unseen.uniqueId, reason: off > 0 ? 'in_future' : 'too_old' }] })
    expect(await (await send(right)).json()).toMatchObject({ accepted: 0, duplicates: 1, rejected: [{ id: unseen.uniqueId }] })
    expect(await records()).toEqual([{ ...wrong, meterTimeInMillis: now }])
  })

  test('customers are off by option', async () => {
    const { send, customers } = await start({ customers: false })
    const response = await send(envelope({ customers: [{ customerId: 'ada', customerName: 'Ada' }], records: [record()] }))
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [{ id: 'ada', reason: 'customers_off' }] })
    expect(await customers()).toEqual([])
  })

  test('closing lets what is in hand arrive, and takes nothing new', async () => {
    const { send, fault, records, collector, untilUpstream } = await start()
    await fault({ delayMs: 150, count: 1 })
    const inHand = send(envelope({ records: [record()] }))
    await untilUpstream(1)
    const closed = collector.close()
    expect((await send(envelope({ records: [record()] }))).status).toBe(503)
    await closed
    expect((await inHand).status).toBe(200)
    expect(await records()).toHaveLength(1)
  })
})
