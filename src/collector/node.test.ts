import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { createCollector } from './collector.js'
import type { CollectorOptions } from './options.js'

const good: CollectorOptions = { apiKey: 'key', trustClient: true, limits: false, fetch: async () => new Response('1 record was ingested') }
const record = (change: object = {}) => ({ uniqueId: crypto.randomUUID(), customerId: 'ada', meterApiName: 'page', meterValue: 1, meterTimeInMillis: Date.now(), ...change })
const envelope = (change: object = {}) => JSON.stringify({ v: 1, batch: 'b', sentAt: Date.now(), records: [record()], ...change })

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => (server.closeAllConnections(), server.close())))

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const post = (url: string, body: string, headers: Record<string, string> = {}) => fetch(`${url}/usage?b=1`, { method: 'POST', body, headers })

test('answers what is not ASCII with its true length', async () => {
  const url = await serve(createCollector(good).listener)
  const answer = await post(url, envelope({ records: [record({ uniqueId: 'Zoë 漢', meterValue: -1 })] }))
  expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength('{"accepted":0,"duplicates":0,"rejected":[{"id":"Zoë 漢","reason":"negative_value"}]}'))
  expect(await answer.json()).toMatchObject({ rejected: [{ id: 'Zoë 漢' }] })
})

test('knows the address at the other end, until it is told how to find it', async () => {
  const perIp = { burst: 1, perSecond: 0.01 }
  const direct = await serve(createCollector({ ...good, limits: { perIp } }).listener)
  expect((await post(direct, envelope())).status).toBe(200)
  expect((await post(direct, envelope())).status).toBe(429)
  const told = await serve(createCollector({ ...good, limits: { perIp }, clientIp: (request) => request.headers.get('x-client') ?? undefined }).listener)
  expect((await post(told, envelope(), { 'x-client': '203.0.113.1' })).status).toBe(200)
  expect((await post(told, envelope(), { 'x-client': '203.0.113.2' })).status).toBe(200)
  expect((await post(told, envelope(), { 'x-client': '203.0.113.2' })).status).toBe(429)
})

test('shows `authenticate` a web request', async () => {
  const asked: string[] = []
  const authenticate: CollectorOptions['authenticate'] = (request) => {
    asked.push(`${request.method} ${request.url} ${request.headers.get('cookie')}`)
    return { customerId: 'ada' }
  }
  const url = await serve(createCollector({ ...good, trustClient: false, authenticate }).listener)
  expect((await post(url, envelope(), { origin: url, cookie: 'session=1' })).status).toBe(200)
  expect(asked).toEqual([`POST ${url}/usage?b=1 session=1`])
})

test('cannot be told a host that makes no URL', async () => {
  const authenticate = jest.fn(() => ({ customerId: 'ada' }))
  const url = await serve(createCollector({ ...good, trustClient: false, authenticate, origins: ['https://a.test'] }).listener)
  const body = envelope()
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1')
  socket.write(`POST //evil.test/ HTTP/1.1\r\nHost: [\r\nOrigin: https://a.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  let heard = ''
  for await (const chunk of socket) heard += String(chunk)
  expect(heard).toMatch(/^HTTP\/1.1 200 /)
  expect(authenticate.mock.calls).toMatchObject([[{ url: 'http://localhost/' }]])
})

test('says that it was given too late what a body parser has eaten, and has the page keep it', async () => {
  const alarms: unknown[] = []
  const { listener } = createCollector({ ...good, observe: (event) => event.type === 'alarm' && alarms.push(event.alarm) })
  const url = await serve((incoming, outgoing) => void incoming.resume().on('end', () => setImmediate(() => listener(incoming, outgoing))))
  expect((await post(url, envelope())).status).toBe(500)
  expect(alarms).toEqual(['bug'])
})

test('cuts off a sender who goes on after the answer', async () => {
  const url = await serve(createCollector(good).listener)
  servers[0]!.keepAliveTimeout = 60_000
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1')
  let heard = ''
  socket.on('error', () => undefined).on('data', (chunk) => (heard += String(chunk)))
  socket.write('POST / HTTP/1.1\r\nHost: c.test\r\nContent-Length: 1000000\r\n\r\n{')
  await once(socket, 'close')
  expect(heard).toMatch(/^HTTP\/1.1 413 /)
})

test('leaves an answer alone that somebody else has given', async () => {
  const { listener } = createCollector(good)
  const url = await serve((incoming, outgoing) => {
    listener(incoming, outgoing)
    outgoing.writeHead(504).end()
  })
  expect((await post(url, envelope())).status).toBe(504)
  await new Promise((resolve) => setTimeout(resolve, 20))
})

/** As the `on-headers` package does it, which sessions and compression in Express stand on; it takes a list for pairs. */
function wrap(outgoing: ServerResponse): ServerResponse {
  const { writeHead } = outgoing
  return Object.assign(outgoing, {
    writeHead(status: number, headers: Record<string, string>) {
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value)
      return writeHead.call(outgoing, status)
    },
  })
}

test('goes along with middleware that wraps what writes the head', async () => {
  const { listener } = createCollector(good)
  const url = await serve((incoming, outgoing) => listener(incoming, wrap(outgoing.setHeader('x-powered-by', 'test') as ServerResponse<IncomingMessage> & { req: IncomingMessage })))
  const { status, headers } = await post(url, envelope())
  expect([status, headers.get('x-powered-by'), headers.get('server-timing'), headers.get('0')]).toEqual([200, 'test', 'accepted;desc="1"', null])
})

test('serves HTTP/2 too', async () => {
  const server = createServer2(createCollector(good).listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = connect(authority)
  const stream = session.request({ ':method': 'POST', ':path': '/usage?b=1', origin: authority })
  stream.end(envelope())
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
  let heard = ''
  for await (const chunk of stream) heard += String(chunk)
  expect([head[':status'], head['server-timing'], heard]).toEqual([200, 'accepted;desc="1"', '{"accepted":1,"duplicates":0,"rejected":[]}'])
  session.close()
  server.close()
})
