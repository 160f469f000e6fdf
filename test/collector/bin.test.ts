import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintToken } from '../../src/collector/index.js'
import { startRedis } from '../../src/collector/testing/redis.js'
import { serveSandbox } from '../../src/sandbox/index.js'
import { version } from '../../src/version.js'
import { run, startCollector } from './support/program.js'

const apiKey = 'canary-6d1f0a77'
const secret = 'canary-secret-of-thirty-two-bytes-or-more'
const record = (uniqueId: string, customerId = 'canary-customer') => ({ uniqueId, customerId, meterApiName: 'page', meterValue: 1, meterTimeInMillis: Date.now() })
const envelope = (fields: object) => JSON.stringify({ v: 1, batch: '1', sentAt: Date.now(), ...fields })

let directory: string
let sandbox: Awaited<ReturnType<typeof serveSandbox>>
const cleanUp: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bin-'))
  sandbox = await serveSandbox({ apiKey })
})
afterEach(async () => {
  await Promise.all(cleanUp.splice(0).map((step) => step()))
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

async function start(env: Record<string, string> = {}, args?: string[]) {
  const collector = await startCollector({ AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: sandbox.url, ...env }, args)
  cleanUp.push(() => collector.end('SIGKILL'))
  return collector
}
const post = (url: string, body: string, path = '/usage?b=1') => fetch(url + path, { method: 'POST', body })
const fault = (faults: object) => fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify(faults) })
/** Resolves when Amberflo has been asked for something: what was posted is in the collector's hand. */
async function asked() {
  const requests = async () => ((await (await fetch(`${sandbox.url}/sandbox/stats`)).json()) as { requests: object }).requests
  while (Object.keys(await requests()).length === 0) await sleep(20)
}
/** Signals a collector, and resolves when it has heard. */
async function terminate(collector: Awaited<ReturnType<typeof start>>) {
  collector.signal('SIGTERM')
  while (!collector.stderr().includes('draining')) await sleep(20)
}
const held = async () => (await (await fetch(`${sandbox.url}/sandbox/records`)).json()) as { uniqueId: string }[]
const spoolFile = () => `sqlite:${join(directory, 'spool.db')}`

describe('wrong configuration ends the program with one line', () => {
  const good = { AMBERFLO_API_KEY: apiKey }
  it.each<[string, Record<string, string>, string[], RegExp]>([
    ['no key', {}, ['--trust-client'], /AMBERFLO_API_KEY is missing/],
    ['a key that no header can carry', { AMBERFLO_API_KEY: 'a b' }, ['--trust-client'], /AMBERFLO_API_KEY must be/],
    ['nothing that proves who pays', good, [], /COLLECTOR_TOKEN_SECRET is missing.*--trust-client/],
    ['a short secret', { ...good, COLLECTOR_TOKEN_SECRET: 'short' }, [], /COLLECTOR_TOKEN_SECRET must be .*32 bytes/],
    ['a JWKS that is not https', { ...good, COLLECTOR_TOKEN_SECRET: 'http://id.example/jwks' }, [], /COLLECTOR_TOKEN_SECRET must be .*https/],
    ['a path for an origin', { ...good, COLLECTOR_ORIGINS: 'https://a.example/shop' }, ['--trust-client'], /COLLECTOR_ORIGINS must be .*https:\/\/a.example\/shop/],
    ['a wildcard for an origin', { ...good, COLLECTOR_ORIGINS: 'https://*.a.example' }, ['--trust-client'], /COLLECTOR_ORIGINS must be .*https:\/\/\*.a.example/],
    ['origins that are only a comma', { ...good, COLLECTOR_ORIGINS: ' , ' }, ['--trust-client'], /COLLECTOR_ORIGINS must be .*at least one.*leave it out/],
    ['meters that are only a comma', { ...good, COLLECTOR_METERS: ',' }, ['--trust-client'], /COLLECTOR_METERS must be .*at least one.*leave it out/],
    ['an upstream that is no URL', { ...good, AMBERFLO_URL: 'amberflo' }, ['--trust-client'], /AMBERFLO_URL must be/],
    ['a port out of range', { ...good, PORT: '99999' }, ['--trust-client'], /PORT must be/],
    ['a spool of an unknown kind', { ...good, COLLECTOR_SPOOL: 'postgres://db' }, ['--trust-client'], /COLLECTOR_SPOOL cannot be opened: .*sqlite:FILE or redis:/],
    ['a spool that cannot be made', { ...good, COLLECTOR_SPOOL: 'sqlite:/nowhere/spool.db' }, ['--trust-client'], /COLLECTOR_SPOOL cannot be opened: .*\/nowhere/],
    ['a Redis that is not there', { ...good, COLLECTOR_SPOOL: 'redis://127.0.0.1:1' }, ['--trust-client'], /COLLECTOR_SPOOL cannot be opened: .*ECONNREFUSED/],
    ['an unknown flag', good, ['--trust-cleint'], /--trust-cleint/],
    ['an unknown command', good, ['serve'], /no command serve/],
    ['dead letters without a spool', good, ['dead', 'list'], /COLLECTOR_SPOOL is missing/],
    ['an unknown command for dead letters', { ...good, COLLECTOR_SPOOL: 'sqlite:x' }, ['dead', 'bury'], /dead must be followed by list or retry/],
  ])('%s', async (_, env, args, said) => {
    const { ended, stdout, stderr } = run({ PORT: '0', ...env }, args)
    expect(await ended).toEqual({ code: 1, signal: null })
    expect(stderr()).toMatch(said)
    expect(stderr()).toMatch(/^amberflo-collector: [^\n]+\n$/)
    expect(stderr()).not.toContain('canary')
    expect(stdout()).toBe('')
  })

  it('dead letters of a spool that is not there, which is not made', async () => {
    const { ended, stderr } = run({ COLLECTOR_SPOOL: spoolFile() }, ['dead', 'list'])
    expect((await ended).code).toBe(1)
    expect(stderr()).toBe(`amberflo-collector: COLLECTOR_SPOOL: there is no file ${join(directory, 'spool.db')}\n`)
    expect(await readdir(directory)).toEqual([])
  })

  it('a port that is taken', async () => {
    const { url } = await start()
    const { ended, stderr } = run({ AMBERFLO_API_KEY: apiKey, HOST: '127.0.0.1', PORT: new URL(url).port }, ['--trust-client'])
    expect((await ended).code).toBe(1)
    expect(stderr()).toMatch(/^amberflo-collector: PORT \d+ .*EADDRINUSE\n$/)
  })

  it('whatever is open by then', async () => {
    const redis = await startRedis()
    cleanUp.push(() => redis.stop())
    const { ended, stderr } = run({ AMBERFLO_API_KEY: apiKey, PORT: '0', COLLECTOR_SPOOL: redis.url, COLLECTOR_ORIGINS: '*' }, ['--trust-client'])
    expect((await ended).code).toBe(1)
    expect(stderr()).toMatch(/^amberflo-collector: COLLECTOR_ORIGINS must be [^\n]+\n$/m)
  })
})

it('explains itself', async () => {
  const { ended, stdout } = run({}, ['--help'])
  expect(await ended).toEqual({ code: 0, signal: null })
  for (const word of ['AMBERFLO_API_KEY', 'COLLECTOR_SPOOL', '--trust-client', 'dead retry', '/readyz']) expect(stdout()).toContain(word)
})

it('tells its version', async () => {
  const { ended, stdout } = run({}, ['--version'])
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(stdout()).toBe(`${version}\n`)
})

it('warns of a variable that does not exist, without its value', async () => {
  const { stderr, end } = await start({ COLLECTOR_VALUES_PER_DAY: 'canary-5' })
  await end('SIGTERM')
  expect(stderr()).toMatch(/"level":"warn".*"variable":"COLLECTOR_VALUES_PER_DAY","msg":"there is no such variable; see --help"/)
  expect(stderr()).not.toContain('canary-5')
})

it('takes the many cookies that a page cannot help sending', async () => {
  const { url } = await start()
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain', origin: url, cookie: `a=${'x'.repeat(40_000)}` }, body: envelope({ records: [record('cookies')] }) })
  expect(response.status).toBe(200)
})

it('passes usage on, on any path, and tells how it is', async () => {
  const { url, stdout } = await start()
  expect(stdout()).toBe(`listening on ${url}\n`)
  for (const path of ['/', '/usage?b=1', '/metrics']) {
    const response = await post(url, envelope({ records: [record(`u${path}`)] }), path)
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] })
  }
  expect(await held()).toHaveLength(3)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true, spool: 'none' })
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('amberflo_collector_accepted_total 3')
})

it('believes tokens, and trusted proxies', async () => {
  const { url } = await start({ COLLECTOR_TOKEN_SECRET: secret, COLLECTOR_TRUST_PROXY: '1', COLLECTOR_RATE_PER_IP: '1/0.01' }, [])
  const token = await mintToken({ secret, customerId: 'acme' })
  const from = (ip: string, body: string) => fetch(url, { method: 'POST', body, headers: { 'x-forwarded-for': `10.0.0.9, ${ip}` } })
  expect((await from('203.0.113.1', envelope({ token, records: [record('1', 'acme')] }))).status).toBe(200)
  expect((await from('203.0.113.1', envelope({ token, records: [record('2', 'acme')] }))).status).toBe(429)
  expect((await from('203.0.113.2', envelope({ records: [record('3', 'acme')] }))).status).toBe(401)
})

it('counts by the address of the connection when no proxy is trusted', async () => {
  const { url } = await start({ COLLECTOR_RATE_PER_IP: '1/0.01' })
  const from = (ip: string) => fetch(url, { method: 'POST', body: envelope({ records: [record(ip)] }), headers: { 'x-forwarded-for': ip } })
  expect((await from('203.0.113.1')).status).toBe(200)
  expect((await from('203.0.113.2')).status).toBe(429)
})

describe('SIGTERM', () => {
  it('answers what is in hand, takes nothing new, and ends with 0', async () => {
    const collector = await start()
    await fault({ delayMs: 2_000 })
    const inHand = post(collector.url, envelope({ records: [record('in hand')] }))
    await asked()
    await terminate(collector)
    await expect(post(collector.url, envelope({ records: [record('late')] }))).rejects.toThrow()
    const answer = await inHand
    // Nobody is to ask again on this connection.
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    expect(await collector.ended).toEqual({ code: 0, signal: null })
    expect((await held()).map(({ uniqueId }) => uniqueId)).toEqual(['in hand'])
  })

  it('does not wait for connections that are only kept open', async () => {
    const collector = await start()
    const idle = connect(Number(new URL(collector.url).port), '127.0.0.1')
    idle.on('error', () => undefined)
    await post(collector.url, envelope({ records: [record('1')] }))
    const startedAt = performance.now()
    expect((await collector.end('SIGTERM')).code).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    idle.destroy()
  })

  it('leaves in the spool what Amberflo has not got, for the next one', async () => {
    const collector = await start({ COLLECTOR_SPOOL: spoolFile() })
    await fault({ status: 503, count: 100 })
    expect((await post(collector.url, envelope({ records: [record('1'), record('2')] }))).status).toBe(200)
    expect((await collector.end('SIGINT')).code).toBe(0)
    expect(await held()).toEqual([])
    await fault([])
    await start({ COLLECTOR_SPOOL: spoolFile() })
    for (const giveUpAt = Date.now() + 10_000; (await held()).length < 2 && Date.now() < giveUpAt; ) await sleep(50)
    expect(await held()).toHaveLength(2)
  }, 20_000)

  it('ends in time with 0, however slow Amberflo is, and the page sends again', async () => {
    const collector = await start({ COLLECTOR_DRAIN_MS: '4000' })
    await fault({ delayMs: 3_000, count: 20 })
    const customers = Array.from({ length: 10 }, (_, at) => ({ customerId: `c${at}`, customerName: `C${at}` }))
    const cutOff = post(collector.url, envelope({ customers })).then(() => 'answered', () => 'cut off')
    await asked()
    const startedAt = performance.now()
    expect(await collector.end('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    expect(await cutOff).toBe('cut off')
    expect(collector.stderr()).toContain('stopped before all that was in hand was done')
  }, 20_000)

  it('ends with 0 while the spool is still being opened', async () => {
    // A Redis that never says a word.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const { child, ended } = run({ AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: sandbox.url, COLLECTOR_SPOOL: `redis://127.0.0.1:${port}` }, ['--trust-client'])
    const [socket] = (await once(silent, 'connection')) as [{ destroy(): void }]
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 0, signal: null })
    socket.destroy()
    silent.close()
  })

  it('ends at once when it comes twice', async () => {
    const collector = await start()
    await fault({ delayMs: 5_000 })
    const inHand = post(collector.url, envelope({ records: [record('1')] })).catch(() => null)
    await asked()
    await terminate(collector)
    const startedAt = performance.now()
    expect((await collector.end('SIGTERM')).code).toBe(1)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await inHand).toBeNull()
  })
})

describe('dead letters', () => {
  const command = async (args: string[]) => {
    const { ended, stdout, stderr } = run({ COLLECTOR_SPOOL: spoolFile() }, ['dead', ...args])
    expect({ ...(await ended), stderr: stderr() }).toEqual({ code: 0, signal: null, stderr: '' })
    return stdout()
  }

  it('are listed and sent again beside a running collector', async () => {
    const { openSqlite } = await import('../../src/collector/spool/sqlite.js')
    const spool = await openSqlite(join(directory, 'spool.db'))
    await spool.append([1, 2].map((id) => ({ kind: 'record', customerId: 'acme', id: `${id}`, json: JSON.stringify(record(`${id}`)) })))
    await spool.dead(await spool.lease(2), 'status 400')
    await spool.close()
    await start({ COLLECTOR_SPOOL: spoolFile() })

    const letters = (await command(['list'])).trim().split('\n').map((line) => JSON.parse(line) as { lease: string; id: string })
    expect(letters).toMatchObject([{ id: '1', kind: 'record', customerId: 'acme', reason: 'status 400', diedAt: expect.stringMatching(/Z$/) }, { id: '2' }])
    expect(await command(['retry', letters[1]?.lease ?? ''])).toBe('1 to be sent again\n')
    expect(await command(['retry'])).toBe('1 to be sent again\n')
    expect(await command(['list'])).toBe('')
    for (const giveUpAt = Date.now() + 5_000; (await held()).length < 2 && Date.now() < giveUpAt; ) await sleep(50)
    expect((await held()).map(({ uniqueId }) => uniqueId)).toEqual(['2', '1'])
  }, 20_000)
})

it('is full at its limit, answers 503 with Retry-After, and drops nothing', async () => {
  await fault({ status: 503, count: 1_000 })
  const { url } = await start({ COLLECTOR_SPOOL: spoolFile(), COLLECTOR_SPOOL_MAX_ITEMS: '3' })
  expect((await post(url, envelope({ records: [record('1'), record('2')] }))).status).toBe(200)
  const refused = await post(url, envelope({ records: [record('3'), record('4')] }))
  expect([refused.status, await refused.json()]).toEqual([503, { error: 'spool_full', message: expect.any(String) }])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await (await post(url, envelope({ records: [record('1')] }))).json()).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
  expect((await post(url, envelope({ records: [record('3')] }))).status).toBe(200)
})

it('shows the key, secrets, tokens, customers and bodies in no log, metric or answer, and the key in no spool', async () => {
  const collector = await start({ COLLECTOR_SPOOL: spoolFile(), COLLECTOR_TOKEN_SECRET: secret, COLLECTOR_LOG_LEVEL: 'trace' }, [])
  const { url } = collector
  const token = await mintToken({ secret, customerId: 'canary-customer' })
  await fault([{ status: 401, count: 1 }, { reset: true, count: 1 }, { status: 400, body: `bad ${apiKey}`, count: 1 }])
  const answers = [
    await post(url, envelope({ token, customers: [{ customerId: 'canary-customer', customerName: 'canary-name' }], records: [record('canary-id')] })),
    await post(url, envelope({ token, records: [{ ...record('canary-id-2'), meterValue: 'canary-value' }] })),
    await post(url, envelope({ token: `${token}x`, records: [record('canary-id-3')] })),
    await post(url, 'canary-body'),
    await fetch(`${url}/metrics`),
    await fetch(`${url}/readyz`),
  ]
  const texts = await Promise.all(answers.map((answer) => answer.text()))
  await sleep(2_500)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const files = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'latin1')))
  await collector.end('SIGTERM')
  expect(collector.stderr().split('\n').length).toBeGreaterThan(5)
  for (const text of [collector.stderr(), collector.stdout(), metrics, texts[2], texts[3], texts[4], texts[5]]) expect(text).not.toContain('canary')
  for (const text of [...texts, ...files]) for (const canary of [apiKey, secret, token]) expect(text?.includes(canary)).toBe(false)
}, 20_000)
