import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { createCollector, mintToken } from '../../src/collector/index.js'
import { logLevels } from '../../src/collector/server/log.js'
import { envelope, origin, record } from './support/collector.js'

/** Nothing else in the world has these in it. */
const apiKey = 'canary-api-key-6bc1bee22e409f96'
const secret = 'canary-token-secret-e93d7e117393172a'
const customerId = 'canary-customer-ae2d8a571e03ac9c'
const uniqueId = 'canary-record-9eb76fac45af8e51'

/** An Amberflo that puts the key into everything it answers. */
function gossip(): Promise<Server> {
  const answers: [number, Record<string, string>][] = [
    [200, {}], [400, {}], [401, {}], [403, {}], [404, {}], [413, {}], [429, { 'retry-after': apiKey }], [500, {}], [302, { location: `/?key=${apiKey}` }],
  ]
  let at = 0
  const server = createServer((request, response) => {
    const key = String(request.headers['x-api-key'])
    const [status, headers] = answers[at++ % answers.length] ?? [200, {}]
    request.resume().on('end', () => {
      if (at % 10 === 0) response.socket?.destroy()
      else response.writeHead(status, { ...headers, 'x-echo': key }).end(JSON.stringify({ error: `your key is ${key}` }))
    })
  })
  return new Promise((started) => server.listen(0, '127.0.0.1', () => started(server)))
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function bodies(): Promise<string[]> {
  const good = { token: await mintToken({ secret, customerId }), records: [record({ customerId, uniqueId })], customers: [{ customerId, customerName: 'Ada' }] }
  const token = good.token.slice(0, -4)
  return [envelope(good), envelope({ ...good, records: [record({ customerId })] }), envelope({ ...good, records: [record({ customerId, meterValue: -1 })] }), envelope({ ...good, token }), envelope({ ...good, token: undefined }), '{', 'x'.repeat(70_000)]
}

/** All that an answer says: its status, headers and body. */
const tell = async (response: Response) => JSON.stringify([response.status, [...response.headers], await response.text()])

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))

let upstream: Server
let folder: string

beforeAll(async () => {
  upstream = await gossip()
  mkdirSync('.cache', { recursive: true })
  folder = resolve(mkdtempSync('.cache/leak-'))
  await build({ entryPoints: ['src/collector/server/bin.ts'], outfile: `${folder}/bin.mjs`, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'silent' })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  upstream.closeAllConnections()
  await new Promise((closed) => upstream.close(closed))
})

test('neither answers, events nor errors of the handler hold a secret', async () => {
  const events: unknown[] = []
  const collector = createCollector({ apiKey, amberfloUrl: urlOf(upstream), origins: [origin], tokenSecret: secret, observe: (event) => events.push(event) })
  const said: string[] = []
  for (let round = 0; round < 10; round++) {
    for (const body of await bodies()) said.push(await tell(await collector.fetch(new Request('https://c.test/', { method: 'POST', headers: { origin }, body }))))
  }
  for (const options of [{}, { tokenSecret: 'canary-short' }, { origins: ['*'] }, { amberfloUrl: 'x' }]) {
    try {
      createCollector({ apiKey, ...options })
    } catch (error) {
      said.push((error as Error).stack ?? '')
    }
  }
  expect(said.length).toBe(74)
  expect(said.join('\n')).not.toMatch(/canary-(api-key|token-secret|short)/)
  expect(JSON.stringify(events)).not.toContain('canary')
  expect(events.length).toBeGreaterThan(50)
})

interface Run {
  output: string
  answers: string
  spool: string
}

/** The whole server, from its start to SIGTERM; all that it said and wrote. */
async function run(name: string, env: Record<string, string>, args: string[] = []): Promise<Run> {
  const spool = join(folder, name)
  mkdirSync(spool)
  const child = spawn(process.execPath, [join(folder, 'bin.mjs'), ...args], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: '0', HOST: '127.0.0.1', AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: urlOf(upstream), COLLECTOR_ORIGINS: origin, COLLECTOR_TOKEN_SECRET: secret, COLLECTOR_SPOOL: `sqlite:${spool}/spool.db`, ...env },
  })
  let output = ''
  const heard = (chunk: Buffer) => (output += chunk.toString())
  const url = await new Promise<string | undefined>((found) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const [, listening] = /listening on (http:\S+)/.exec(heard(chunk)) ?? []
      if (listening !== undefined) found(listening)
    })
    child.stderr.on('data', heard)
    child.once('exit', () => found(undefined))
  })
  const answers: string[] = []
  if (url !== undefined) {
    for (const body of await bodies()) answers.push(await tell(await fetch(url, { method: 'POST', headers: { origin }, body })))
    await new Promise((forwarded) => setTimeout(forwarded, 300))
    for (const path of ['metrics', 'readyz', 'livez', 'nowhere']) answers.push(await tell(await fetch(`${url}/${path}`)))
    const written = filesUnder(spool).map((file) => readFileSync(file, 'latin1'))
    const ended = new Promise((exit) => child.once('exit', exit))
    child.kill('SIGTERM')
    await ended
    return { output, answers: answers.join('\n'), spool: [...written, ...filesUnder(spool).map((file) => readFileSync(file, 'latin1'))].join('\n') }
  }
  return { output, answers: '', spool: '' }
}

const secrets = /canary-(api-key|token-secret)/

test.each(logLevels.map((level) => [level]))('nothing that the server says at level %s holds a secret or an id', async (level) => {
  const { output, answers, spool } = await run(level, { COLLECTOR_LOG_LEVEL: level })
  expect(output).toContain('listening on http://')
  expect(answers).toContain('[200,')
  expect(output).not.toMatch(/canary/)
  expect(answers).not.toMatch(secrets)
  // The ids are in the spool: it is the usage itself. The secrets are not.
  expect(spool).toContain(customerId)
  expect(spool).not.toMatch(secrets)
}, 60_000)

test.each<[string, Record<string, string>, string[]?]>([
  ['a bad secret', { COLLECTOR_TOKEN_SECRET: 'canary-token-secret' }],
  ['a bad origin', { COLLECTOR_ORIGINS: '*' }],
  ['a bad spool', { COLLECTOR_SPOOL: 'sqlite:/nowhere/at/all/spool.db' }],
  ['a bad key', { AMBERFLO_API_KEY: `${apiKey} x` }],
  ['an unknown flag', {}, ['--api-key', apiKey]],
])('a start that fails for %s says so, and no secret', async (name, env, args = []) => {
  const { output } = await run(name.replace(/\W/g, '-'), env, args)
  expect(output.trim()).not.toBe('')
  expect(output).not.toMatch(/canary/)
}, 60_000)
