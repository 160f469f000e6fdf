import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Miniflare } from 'miniflare'
import { mintToken } from '../../src/collector/index.js'
import { serveSandbox } from '../../src/sandbox/index.js'
import type { MeterRecord } from '../../src/wire/payloads.js'
import { apiKey, envelope, origin, record, secret } from './support/collector.js'
import { bundleExample } from './support/example.js'

type Close = () => unknown
const closing: Close[] = []
let sandbox: Awaited<ReturnType<typeof serveSandbox>>

beforeAll(async () => {
  sandbox = await serveSandbox({ apiKey })
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await sandbox.close()
})
beforeEach(() => fetch(`${sandbox.url}/sandbox`, { method: 'DELETE' }))

const arrived = async () => (await (await fetch(`${sandbox.url}/sandbox/records`)).json()) as MeterRecord[]

async function load<Module>(file: string): Promise<Module> {
  const { outfile, remove } = await bundleExample(file, 'node')
  closing.push(remove)
  return createRequire(outfile)(outfile) as Module
}

describe('the Cloudflare Worker, in workerd', () => {
  let worker: Miniflare
  /** The same behind another Worker, which ends a request as Cloudflare does when its client goes: after `x-gone` milliseconds. */
  let behind: Miniflare

  beforeAll(async () => {
    const { outfile, remove } = await bundleExample('worker/worker.js', 'worker')
    const collector = {
      modules: true,
      scriptPath: outfile,
      compatibilityDate: '2025-06-01',
      bindings: { AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: sandbox.url, COLLECTOR_ORIGINS: origin, COLLECTOR_TOKEN_SECRET: secret },
    }
    const edge = `export default {
      async fetch(request, env) {
        const ms = Number(request.headers.get('x-gone'))
        return env.COLLECTOR.fetch(request, ms ? { signal: AbortSignal.timeout(ms) } : {}).catch(() => new Response(null, { status: 499 }))
      },
    }`
    worker = new Miniflare(collector)
    behind = new Miniflare({
      workers: [
        { name: 'edge', modules: true, script: edge, compatibilityDate: '2025-06-01', serviceBindings: { COLLECTOR: 'collector' } },
        { name: 'collector', ...collector },
      ],
    })
    closing.push(remove, () => worker.dispose(), () => behind.dispose())
    await Promise.all([worker.ready, behind.ready])
  }, 30_000)

  const post = (body: string, headers: Record<string, string> = { origin }) => worker.dispatchFetch('https://usage.example.com/?b=1', { method: 'POST', headers, body })
  const token = () => mintToken({ secret, customerId: 'ada' })

  test('takes a batch to Amberflo, with its receipt', async () => {
    const records = [record(), record()]
    const response = await post(envelope({ token: await token(), records, customers: [{ customerId: 'ada', customerName: 'Ada' }] }))
    expect(await response.json()).toEqual({ accepted: 3, duplicates: 0, rejected: [] })
    expect(response.headers.get('server-timing')).toBe('accepted;desc="3"')
    expect(response.headers.get('timing-allow-origin')).toBe(origin)
    expect(await arrived()).toEqual(records)
  })

  test('the same batch many times at once arrives once', async () => {
    const body = envelope({ token: await token(), records: [record()] })
    const responses = await Promise.all(Array.from({ length: 10 }, () => post(body)))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await arrived()).toHaveLength(1)
  })

  test('answers 503 while Amberflo is away, and 401, 403, 405 as everywhere', async () => {
    await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify({ status: 503, count: 1 }) })
    const body = envelope({ token: await token(), records: [record()] })
    expect((await post(body)).status).toBe(503)
    expect((await post(body)).status).toBe(200)
    expect((await post(envelope({ records: [record()] }))).status).toBe(401)
    expect((await post(body, { origin: 'https://evil.test' })).status).toBe(403)
    expect((await worker.dispatchFetch('https://usage.example.com/')).status).toBe(405)
  })

  test('brings to its end what a page sent that has gone, so that nothing waits for it', async () => {
    const send = (body: string, headers: Record<string, string> = {}) => behind.dispatchFetch('https://usage.example.com/?b=1', { method: 'POST', headers: { origin, ...headers }, body })
    const body = envelope({ token: await token(), records: [record()], customers: [{ customerId: 'ada', customerName: 'Ada' }] })
    await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify({ delayMs: 1500, count: 1 }) })
    expect((await send(body, { 'x-gone': '500' })).status).toBe(499)
    expect((await send(body)).status).toBe(200)
    expect(await arrived()).toHaveLength(1)
  })

  test('follows no redirect with the key', async () => {
    await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify({ status: 302, count: 1, headers: { location: `${sandbox.url}/elsewhere` } }) })
    expect((await post(envelope({ token: await token(), records: [record()] }))).status).toBe(503)
  })
})

describe('the Next.js route, with its cookie session', () => {
  type Route = { POST: (request: Request) => Promise<Response> }
  let usage: Route
  let signIn: Route

  beforeAll(async () => {
    Object.assign(process.env, { AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: sandbox.url, SESSION_SECRET: 'session-secret', DEMO_PASSWORD: 'open sesame' })
    usage = await load('next-route/app/usage/route.js')
    signIn = await load('next-route/app/sign-in/route.js')
  })

  const own = 'https://shop.example.com'
  const post = (records: MeterRecord[], headers: Record<string, string>) =>
    usage.POST(new Request('http://localhost:3000/usage?b=1', { method: 'POST', body: envelope({ records }), headers: { 'x-forwarded-host': 'shop.example.com', ...headers } }))

  async function cookieOf(customerId: string): Promise<string> {
    const response = await signIn.POST(new Request(`${own}/sign-in`, { method: 'POST', body: JSON.stringify({ customerId, password: 'open sesame' }) }))
    expect(response.headers.get('set-cookie')).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
    return response.headers.get('set-cookie')?.split(';')[0] ?? ''
  }

  test('takes the usage of whoever is signed in, and of nobody else', async () => {
    const cookie = await cookieOf('ada')
    const mine = record()
    expect((await post([mine], { origin: own, cookie })).status).toBe(200)
    expect((await post([record({ customerId: 'bob' })], { origin: own, cookie })).status).toBe(403)
    expect((await post([record()], { origin: own })).status).toBe(401)
    expect(await arrived()).toEqual([mine])
  })

  test.each<[string, (cookie: string) => Record<string, string>, number]>([
    ['another site’s page', (cookie) => ({ origin: 'https://evil.test', cookie, 'sec-fetch-site': 'cross-site' }), 403],
    ['another page of the same site', (cookie) => ({ origin: 'https://blog.example.com', cookie, 'sec-fetch-site': 'same-site' }), 403],
    ['no page', (cookie) => ({ cookie }), 403],
    ['a changed cookie', (cookie) => ({ origin: own, cookie: cookie.replace('=', '=x') }), 401],
    ['a cookie without a signature', (cookie) => ({ origin: own, cookie: cookie.split('.')[0] ?? '' }), 401],
  ])('refuses %s', async (_, headers, status) => {
    expect((await post([record()], headers(await cookieOf('ada')))).status).toBe(status)
    expect(await arrived()).toEqual([])
  })
})

describe('Express', () => {
  let url: string

  beforeAll(async () => {
    const { createApp } = await load<{ createApp: (options: object) => RequestListener }>('express/app.js')
    const customerOf = (req: { get: (name: string) => string | undefined }) => req.get('x-authenticated-customer') ?? null
    const server = createServer(createApp({ apiKey, amberfloUrl: sandbox.url, secret, customerOf }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  test('makes a token for who is signed in, and takes the usage that it proves', async () => {
    expect((await fetch(`${url}/usage-token`)).status).toBe(401)
    const token = await (await fetch(`${url}/usage-token`, { headers: { 'x-authenticated-customer': 'ada' } })).text()
    const mine = record()
    const post = (fields: object) => fetch(`${url}/usage?b=1`, { method: 'POST', headers: { origin: url }, body: envelope({ ...fields }) })
    expect(await (await post({ token, records: [mine] })).json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] })
    expect((await post({ records: [record()] })).status).toBe(401)
    expect((await post({ token, records: [record({ customerId: 'bob' })] })).status).toBe(403)
    expect((await post({ token, records: Array(501).fill(record()) })).status).toBe(413)
    expect(await arrived()).toEqual([mine])
  })
})
