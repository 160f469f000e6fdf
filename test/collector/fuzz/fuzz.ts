import { createCollector, mintToken } from '../../../src/collector/index.js'
import type { CollectorOptions } from '../../../src/collector/index.js'
import { attack } from './generate.js'
import type { Attack } from './generate.js'
import { createRandom } from './random.js'

const origin = 'https://www.example.com'
const secret = 'a secret of at least thirty-two bytes'
const started = Date.now()

export interface FuzzResult {
  count: number
  /** How many answers there were of each status. */
  statuses: Record<number, number>
  /** Largest heap seen, in bytes, measured now and then. */
  heapBytes: number
  ms: number
}

/** What must hold for every answer, and did not. */
export class FuzzFailure extends Error {
  override name = 'FuzzFailure'

  constructor(what: string, seed: number, at: number, sent: Attack) {
    const body = typeof sent.body === 'string' ? sent.body : sent.body && Buffer.from(sent.body).toString('latin1')
    super(`${what} (seed ${seed}, request ${at}): ${JSON.stringify({ ...sent, body: body?.slice(0, 2000) })}`)
  }
}

const authenticate: CollectorOptions['authenticate'] = (request) => {
  const customerId = /session=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  return customerId === undefined ? null : { customerId }
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function makeTokens(): Promise<string[]> {
  const own = await mintToken({ secret, customerId: 'ada', expiresIn: 10 * 86_400 })
  const [head, claims, signature] = own.split('.')
  const bobs = await mintToken({ secret, customerId: 'bob', expiresIn: 10 * 86_400 })
  const narrow = await mintToken({ secret, customerId: 'ada', meters: ['page'], expiresIn: 10 * 86_400 })
  const wrong = await mintToken({ secret: `${secret}!`, customerId: 'ada' })
  return [own, own, own, own, bobs, narrow, wrong, '', 'x', '..', `${head}.${claims}.`, `${base64({ alg: 'none' })}.${claims}.`, `${base64({ alg: 'HS256', crit: ['x'], x: 1 })}.${claims}.${signature}`, `${head}.${base64('x')}.${signature}`, 'a.'.repeat(5000)]
}

/** What upstream may be given: nothing that a check should have stopped. */
function faultOfUpstream(path: string, body: string): string | null {
  const value = JSON.parse(body) as unknown
  if (path === '/customers') {
    const { traits = {} } = value as { traits?: object }
    return Object.keys(traits).some((name) => /^(stripeid|awsm\..*|__proto__)$/i.test(name)) ? 'a protected trait went upstream' : null
  }
  for (const record of value as Record<string, unknown>[]) {
    if (!(Number.isFinite(record['meterValue']) && (record['meterValue'] as number) >= 0)) return 'a bad value went upstream'
    if (Object.keys(record).length > 6) return 'an unknown field went upstream'
    if (Object.keys(record['dimensions'] ?? {}).some((name) => name.startsWith('aflo.'))) return 'a reserved dimension went upstream'
  }
  return null
}

const configurations: Partial<CollectorOptions>[] = [
  { origins: [origin], tokenSecret: secret },
  { origins: [origin], tokenSecret: secret, authenticate, meters: ['page', 'Api Calls'] },
  { authenticate, trustProxy: true, limits: { valuePerDay: 1e6, perCustomer: { burst: 1e9, perSecond: 1e9 }, perIp: { burst: 1e9, perSecond: 1e9 } } },
  { origins: [origin], trustClient: true, allowNegative: false },
]

/**
 * Sends generated requests through real collectors, in this process, with an Amberflo that takes everything.
 * @throws FuzzFailure for a throw, a 5xx, an answer that is not ours, a polluted prototype, or a bad record upstream
 */
export async function fuzz(count: number, seed: number, onProgress?: (done: number) => void): Promise<FuzzResult> {
  const random = createRandom(seed)
  const supplies = { now: started, origin, tokens: await makeTokens() }
  let upstreamFault: string | null = null
  const upstream: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input as string)
    if (init?.method === 'GET') return new Response('{}')
    const body = init?.body as string
    upstreamFault ??= faultOfUpstream(pathname, body)
    return new Response(pathname === '/ingest' ? `${(JSON.parse(body) as unknown[]).length} records were ingested` : body)
  }
  const collectors = configurations.map((options) => createCollector({ apiKey: 'fuzz', amberfloUrl: 'https://amberflo.test', fetch: upstream, limits: false, ...options }))
  const statuses: Record<number, number> = {}
  let heapBytes = 0
  const startedAt = performance.now()

  for (let at = 0; at < count; at++) {
    const sent = attack(random, supplies)
    const fail = (what: string): never => {
      throw new FuzzFailure(what, seed, at, sent)
    }
    const response = await random.pick(collectors).fetch(new Request(`${origin}/in?b=b`, sent)).catch((error: Error) => fail(`threw ${error.stack}`))
    const { status } = response
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status >= 500) fail(`answered ${status} ${await response.text()}`)
    if (status !== 204) {
      const answer = (await response.json().catch(() => fail('answered no JSON'))) as { rejected?: unknown[]; error?: string; message?: string }
      if (status === 200 ? !Array.isArray(answer.rejected) : !(answer.error && answer.message)) fail('answered in another shape')
      if (response.headers.has('server-timing') !== (status === 200 && answer.rejected?.length === 0)) fail('gave a wrong receipt')
    }
    if (upstreamFault !== null) fail(upstreamFault)
    if (Object.keys(Object.prototype).length > 0) fail('polluted Object.prototype')
    if (at % 1000 === 999) {
      heapBytes = Math.max(heapBytes, process.memoryUsage().heapUsed)
      onProgress?.(at + 1)
    }
  }
  return { count, statuses, heapBytes, ms: performance.now() - startedAt }
}
