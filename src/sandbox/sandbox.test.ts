import type { MeterRecord } from '../wire/payloads.js'
import { ConnectionReset, createSandbox } from './sandbox.js'
import { serveSandbox } from './serve.js'

const apiKey = 'sandbox-key'
const record: MeterRecord = {
  uniqueId: 'ajs-next-1',
  customerId: 'some_user_id',
  meterApiName: 'ApiCalls',
  meterValue: 2,
  meterTimeInMillis: 1619445706909,
  dimensions: { region: 'us-west-2', az: 'az1' },
}
const customer = { customerId: 'some_user_id', customerName: 'John Doe', traits: { plan: 'premium', logins: 5 } }

let server: Awaited<ReturnType<typeof serveSandbox>>
beforeAll(async () => {
  server = await serveSandbox({ apiKey })
})
afterAll(() => server.close())
beforeEach(() => fetch(`${server.url}/sandbox`, { method: 'DELETE' }))

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = { 'x-api-key': apiKey }) =>
  fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
const read = async (path: string) => (await send('GET', path)).json()

describe('POST /ingest', () => {
  test.each([
    ['an object', record, 1],
    ['an array', [record, { ...record, uniqueId: 'ajs-next-2' }], 2],
    ['one object a line', `${JSON.stringify(record)}\n${JSON.stringify({ ...record, uniqueId: 'b' })}\n`, 2],
    ['an empty array', [], 0],
  ])('takes %s', async (_name, body, count) => {
    const response = await send('POST', '/ingest', body)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(`${count} records were ingested`)
    expect(await read('/sandbox/records')).toHaveLength(count)
  })

  test('keeps records exactly as posted', async () => {
    await send('POST', '/ingest', record)
    expect(await read('/sandbox/records')).toEqual([record])
  })

  test('discards a duplicate that is equal in every attribute, in any order of keys, and counts its arrival', async () => {
    const { customerId, dimensions, ...rest } = record
    const shuffled = { dimensions: { az: dimensions?.az, region: dimensions?.region }, ...rest, customerId }
    await send('POST', '/ingest', record)
    expect(await (await send('POST', '/ingest', [shuffled, record])).text()).toBe('2 records were ingested')
    expect(await read('/sandbox/records')).toEqual([record])
    expect(await read('/sandbox/stats')).toMatchObject({ received: 3, largestBatch: 2, arrivals: { 'ajs-next-1': 3 } })
  })

  test.each([
    ['value', { meterValue: 3 }],
    ['time', { meterTimeInMillis: 1619445706910 }],
    ['customer', { customerId: 'another' }],
    ['dimension', { dimensions: { region: 'us-west-2', az: 'az2' } }],
  ])('keeps a record with the same id and another %s', async (_name, change) => {
    await send('POST', '/ingest', [record, { ...record, ...change }])
    expect(await read('/sandbox/records')).toHaveLength(2)
  })

  test('never discards records without an id', async () => {
    const { uniqueId: _, ...anonymous } = record
    await send('POST', '/ingest', [anonymous, anonymous])
    expect(await read('/sandbox/records')).toHaveLength(2)
  })

  test.each([
    ['text', 'nonsense', 'the body is not JSON'],
    ['nothing', '', 'the body is not JSON'],
    ['a number', 5, 'record 0: expected an object'],
    ['no customer', { ...record, customerId: undefined }, 'record 0: customerId must be a non-blank string'],
    ['a value in words', [record, { ...record, meterValue: 'two' }], 'record 1: meterValue must be a finite number'],
    ['a fraction of a millisecond', { ...record, meterTimeInMillis: 1.5 }, 'meterTimeInMillis must be an integer'],
    ['a nested dimension', { ...record, dimensions: { a: {} } }, 'dimensions must be an object of strings'],
  ])('refuses %s, and says why', async (_name, body, message) => {
    const response = await send('POST', '/ingest', body)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(message)
    expect(await read('/sandbox/records')).toEqual([])
  })

  test.each([{}, { 'x-api-key': 'wrong' }])('answers 401 to %j', async (headers) => {
    expect((await send('POST', '/ingest', record, headers)).status).toBe(401)
    expect(await read('/sandbox/records')).toEqual([])
  })
})

describe('/customers', () => {
  test('POST creates; GET gives all, one by query or by path, with or without the slash', async () => {
    expect(await (await send('POST', '/customers', customer)).json()).toEqual(customer)
    expect(await read('/customers')).toEqual([customer])
    expect(await read('/customers/?customerId=some_user_id')).toEqual(customer)
    expect(await read('/customers/some_user_id')).toEqual(customer)
    expect(await read('/sandbox/customers')).toEqual([customer])
  })

  test('a customer that is not there is an empty object by query, 404 by path', async () => {
    expect(await read('/customers?customerId=nobody')).toEqual({})
    expect((await send('GET', '/customers/nobody')).status).toBe(404)
  })

  test('PUT replaces: what is not given is gone', async () => {
    await send('POST', '/customers', customer)
    await send('PUT', '/customers', { customerId: 'some_user_id', customerName: 'J. Doe' })
    expect(await read('/customers')).toEqual([{ customerId: 'some_user_id', customerName: 'J. Doe' }])
  })

  test('a second POST is refused and changes nothing', async () => {
    await send('POST', '/customers', customer)
    expect((await send('POST', '/customers', { ...customer, customerName: 'Other' })).status).toBe(400)
    expect(await read('/customers')).toEqual([customer])
  })

  test.each([
    [{ customerId: 'a' }, 'customerName must be a non-blank string'],
    [{ ...customer, traits: { nested: {} } }, 'traits must be an object of strings'],
    ['{', 'expected an object'],
  ])('refuses %j', async (body, message) => {
    const response = await send('PUT', '/customers', body)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)])
  })

  test('needs the key', async () => {
    expect((await send('GET', '/customers', undefined, {})).status).toBe(401)
  })
})

describe('faults', () => {
  const fault = (body: unknown) => send('POST', '/sandbox/faults', body)
  const ingest = async () => (await send('POST', '/ingest', record)).status

  test('status and count', async () => {
    await fault({ status: 503, count: 2, delayMs: 0, reset: false })
    expect([await ingest(), await ingest()]).toEqual([503, 503])
    expect(await read('/sandbox/records')).toEqual([])
    expect(await ingest()).toBe(200)
    expect(await read('/sandbox/stats')).toMatchObject({ requests: { 'POST /ingest': 3 }, answers: { 200: 1, 503: 2 } })
  })

  test('headers and a text of the answer', async () => {
    await fault({ status: 429, headers: { 'Retry-After': '7' }, body: 'slow down' })
    const response = await send('POST', '/ingest', record)
    expect([response.headers.get('retry-after'), await response.text()]).toEqual(['7', 'slow down'])
  })

  test('reset breaks the connection and takes nothing', async () => {
    await fault({ reset: true })
    await expect(ingest()).rejects.toThrow()
    expect(await read('/sandbox/records')).toEqual([])
    expect(await ingest()).toBe(200)
  })

  test('cut breaks the connection after taking all', async () => {
    await fault({ cut: true })
    await expect(ingest()).rejects.toThrow()
    expect(await read('/sandbox/records')).toEqual([record])
    expect(await read('/sandbox/stats')).toMatchObject({ answers: { reset: 1 } })
  })

  test('delayMs alone is late, and takes all', async () => {
    await fault({ delayMs: 60 })
    const begun = Date.now()
    expect(await ingest()).toBe(200)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(55)
  })

  test('with all fields given, what is 0 or false asks for nothing', async () => {
    await fault({ status: 0, count: 1, delayMs: 0, reset: true })
    await expect(ingest()).rejects.toThrow()
    await fault({ status: 200, count: 1, delayMs: 60, reset: false })
    const begun = Date.now()
    expect(await ingest()).toBe(200)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(55)
    expect(await read('/sandbox/records')).toEqual([record])
  })

  test('an array happens in order, path and match choose requests, and count 0 ends it all', async () => {
    await fault([{ status: 503 }, { status: 429 }, { status: 500, path: '/customers', count: 9 }, { status: 400, match: 'poison', count: 9 }])
    expect([await ingest(), await ingest(), await ingest()]).toEqual([503, 429, 200])
    expect((await send('GET', '/customers')).status).toBe(500)
    expect((await send('POST', '/ingest', [record, { ...record, uniqueId: 'poison' }])).status).toBe(400)
    await fault({ count: 0 })
    expect(await read('/sandbox/faults')).toEqual([])
    expect((await send('GET', '/customers')).status).toBe(200)
  })

  test('a field that is null is as one that is not there', async () => {
    await fault({ status: 503, headers: null, count: null })
    expect([await ingest(), await ingest()]).toEqual([503, 200])
  })

  test.each([
    [{ status: 99 }, 'status must be an integer from 200 to 599'],
    [{ status: 503, headers: { 'retry-after': 7 } }, 'headers must be an object of strings'],
    [{ statos: 503 }, 'unknown field statos'],
    ['nonsense', 'a fault must be an object'],
  ])('refuses %j', async (body, message) => {
    const response = await fault(body)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)])
  })

  test('in process, a broken connection is a rejection', async () => {
    const sandbox = createSandbox({ apiKey })
    await sandbox.fetch(new Request('http://sandbox/sandbox/faults', { method: 'POST', body: '{"reset":true}' }))
    await expect(sandbox.fetch(new Request('http://sandbox/customers'))).rejects.toBeInstanceOf(ConnectionReset)
  })
})

test('records can be read from where one left off, and DELETE /sandbox empties everything', async () => {
  await send('POST', '/ingest', [record, { ...record, uniqueId: 'ajs-next-2' }])
  expect(await read('/sandbox/records?after=1')).toEqual([{ ...record, uniqueId: 'ajs-next-2' }])
  expect(await read('/sandbox/records?after=-1')).toHaveLength(2)
  await send('POST', '/ingest', [])
  expect(await read('/sandbox/stats')).toMatchObject({ largestBatch: 2 })
  await send('POST', '/customers', customer)
  await send('POST', '/sandbox/faults', { status: 503 })
  expect((await send('DELETE', '/sandbox')).status).toBe(204)
  expect(await read('/sandbox/records')).toEqual([])
  expect(await read('/sandbox/customers')).toEqual([])
  expect(await read('/sandbox/stats')).toEqual({ requests: {}, answers: {}, received: 0, largestBatch: 0, arrivals: {} })
  await send('POST', '/ingest', record)
  expect(await read('/sandbox/records')).toEqual([record])
})

test('a taken port is an error', async () => {
  await expect(serveSandbox({ apiKey, port: Number(new URL(server.url).port) })).rejects.toThrow('EADDRINUSE')
})
