import { MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { Call } from './call.js'
import { isPlainObject } from './checks/text.js'
import type { Authenticate } from './door/identity.js'
import { addressKey } from './door/limits.js'
import type { Rate } from './door/limits.js'
import { encodeSecret, isUrl } from './door/token.js'
import type { Observe } from './events.js'
import type { Spool } from './spool/spool.js'
import { parseSpoolUrl } from './spool/url.js'

export interface Limits {
  /** Largest body, in bytes. @default 65536 */
  bodyBytes?: number | undefined
  /** Most records in a body. @default 500 */
  records?: number | undefined
  /** Most customers in a body; each costs two requests to Amberflo. @default 20 */
  customers?: number | undefined
  /** How long a body may take to arrive, in milliseconds. @default 10000 */
  readTimeoutMs?: number | undefined
  /** Requests in hand at once; more are answered with 503. @default 1000 */
  inHand?: number | undefined
  /** Records and customers of one customer. @default { burst: 10000, perSecond: 200 } */
  perCustomer?: Rate | false | undefined
  /** Requests of one IP address (IPv6: of one /64), where the address is known. @default { burst: 2000, perSecond: 200 } */
  perIp?: Rate | false | undefined
  /** The most that may be metered for one customer in one UTC day, all meters together. @default false */
  valuePerDay?: number | false | undefined
}

export interface CollectorOptions {
  /** Amberflo's API key. It goes to Amberflo as `x-api-key`, and nowhere else. */
  apiKey: string | undefined
  /** @default 'https://app.amberflo.io' */
  amberfloUrl?: string | undefined
  /** The exact origins that may post, at least one. Without it, only pages of the collector's own origin. */
  origins?: readonly string[] | undefined
  /** An HS256 secret of at least 32 bytes, or the URL of a JWKS: batches carry a token that proves the customer. */
  tokenSecret?: string | undefined
  /** Says whose session a request belongs to, from its cookies or headers; its body has been read. */
  authenticate?: Authenticate | undefined
  /** Believe what the browser says of the customer. Has no effect where a token or session can prove it. @default false */
  trustClient?: boolean | undefined
  /** The only meters that may be used, at least one. Without it, all. */
  meters?: readonly string[] | undefined
  /** Take customers (identify) at all. @default true */
  customers?: boolean | undefined
  /** Take values below zero. @default false */
  allowNegative?: boolean | undefined
  /** `false` switches off what counts over time; the size of a body stays limited. */
  limits?: Limits | false | undefined
  /** A durable queue before Amberflo: an open `Spool`, which is closed with the collector, or on Node `sqlite:FILE` or `redis://…`. Without it 200 means that Amberflo has the records. */
  spool?: Spool | string | undefined
  /** How many proxies in front of the collector write `X-Forwarded-For` and `X-Forwarded-Host`; `true` is 1. @default 0 */
  trustProxy?: boolean | number | undefined
  /** The sender's IP address, where the runtime knows it; `listener` takes the connection's by itself. */
  clientIp?: ((request: Request) => string | undefined) | undefined
  /** How long one request to Amberflo may take, in milliseconds. @default 10000 */
  upstreamTimeoutMs?: number | undefined
  /** Told of everything that happens, for logs and metrics. */
  observe?: Observe | undefined
  /** Used for Amberflo only. */
  fetch?: typeof fetch | undefined
  /** The clock, epoch milliseconds. */
  now?: (() => number) | undefined
}

/** Options as the collector uses them: checked, and nothing left open. */
export interface Settings {
  apiKey: string
  amberfloUrl: string
  origins: ReadonlySet<string> | null
  tokenSecret: string | undefined
  authenticate: Authenticate | undefined
  meters: ReadonlySet<string> | null
  customers: boolean
  allowNegative: boolean
  limits: Required<{ [Name in keyof Limits]: Exclude<Limits[Name], undefined> }>
  spool: Spool | string | undefined
  trustProxy: boolean
  addressOf: (call: Call) => string | undefined
  upstreamTimeoutMs: number
  observe: Observe
  fetch: typeof fetch | undefined
  now: () => number
}

const sizes = { bodyBytes: MAX_BODY_BYTES, records: MAX_BODY_RECORDS, customers: 20, readTimeoutMs: 10_000, inHand: 1000 }

const defaultLimits: Settings['limits'] = {
  ...sizes,
  perCustomer: { burst: 10_000, perSecond: 200 },
  perIp: { burst: 2000, perSecond: 200 },
  valuePerDay: false,
}

/** The options by kind; `others` have checks of their own. */
const yesOrNo = ['trustClient', 'customers', 'allowNegative']
const functions = ['authenticate', 'clientIp', 'observe', 'fetch', 'now']
const others = ['apiKey', 'amberfloUrl', 'origins', 'tokenSecret', 'meters', 'limits', 'spool', 'trustProxy', 'upstreamTimeoutMs']

function checkKinds(options: object): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('createCollector: give it an object of options')
  for (const [name, value] of Object.entries(options)) {
    if (![...yesOrNo, ...functions, ...others].includes(name)) warnOf(name)
    if (value === undefined) continue
    // "false" would be true.
    if (yesOrNo.includes(name) && typeof value !== 'boolean') fail(name, 'true or false')
    if (functions.includes(name) && typeof value !== 'function') fail(name, name === 'authenticate' ? 'a function of the request' : 'a function')
  }
}

/** @throws TypeError that names the option, and what is expected of it */
export function readOptions(options: CollectorOptions): Settings {
  checkKinds(options)
  const { apiKey, amberfloUrl = 'https://app.amberflo.io', tokenSecret, authenticate, trustClient = false, upstreamTimeoutMs = 10_000 } = options
  // Anything else would not survive as an HTTP header; the key itself is never quoted.
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) fail('apiKey', 'Amberflo’s API key: a string without spaces')
  if (tokenSecret !== undefined) checkTokenSecret(tokenSecret)
  if (tokenSecret === undefined && authenticate === undefined && trustClient !== true) {
    throw new TypeError(
      'createCollector: nothing proves who the customer is. Give `tokenSecret` (and make tokens with `mintToken`) or `authenticate`, ' +
        'or say `trustClient: true` to believe whatever a browser claims.',
    )
  }
  checkPositive('upstreamTimeoutMs', upstreamTimeoutMs)
  const trustProxy = readProxies(options.trustProxy)
  return {
    apiKey,
    amberfloUrl: readUpstreamUrl(amberfloUrl),
    origins: options.origins === undefined ? null : readOrigins(options.origins),
    tokenSecret,
    authenticate,
    meters: options.meters === undefined ? null : readMeters(options.meters),
    customers: options.customers ?? true,
    allowNegative: options.allowNegative ?? false,
    limits: readLimits(options.limits),
    spool: readSpool(options.spool),
    trustProxy: trustProxy > 0,
    addressOf: addressReader(options.clientIp, trustProxy),
    upstreamTimeoutMs,
    observe: quietly(options.observe),
    fetch: options.fetch,
    now: options.now ?? Date.now,
  }
}

/** Whoever watches must not be able to stop what is watched. */
function quietly(observe: Observe | undefined): Observe {
  return (event) => {
    try {
      observe?.(event)
    } catch {
      // There is nobody to tell.
    }
  }
}

function fail(option: string, expected: string): never {
  throw new TypeError(`createCollector: \`${option}\` must be ${expected}`)
}

/** It may be of a newer version, so it is no reason to take nothing. */
const warnOf = (name: string) => console.warn(`createCollector: there is no option \`${name}\``)

function checkPositive(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0)) fail(option, 'a number above 0')
}

function checkTokenSecret(secret: string): void {
  if (typeof secret !== 'string' || !isUrl(secret)) {
    encodeSecret(secret, 'createCollector: `tokenSecret`')
    return
  }
  const { protocol, hostname } = URL.canParse(secret) ? new URL(secret) : { protocol: '', hostname: '' }
  // Keys read in the clear could be anybody's.
  if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) fail('tokenSecret', 'a secret, or the https URL of a JWKS')
}

function readUpstreamUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    fail('amberfloUrl', 'an http(s) URL without user, query or fragment')
  }
  // The key would go in the clear, or nothing would arrive.
  if (/(^|\.)amberflo\.io\.?$/.test(url.hostname) && (url.protocol !== 'https:' || url.pathname !== '/')) {
    fail('amberfloUrl', '`https://app.amberflo.io` without a path, where it is Amberflo’s own')
  }
  return url.href.replace(/\/+$/, '')
}

function readOrigins(origins: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(origins)) fail('origins', 'an array of origins')
  if (origins.length === 0) fail('origins', 'a list of at least one origin; leave it out to take usage from the collector’s own origin only')
  return new Set(
    (origins as readonly string[]).map((text) => {
      const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null
      const exact = url !== null && url.origin !== 'null' && !url.host.includes('*') && url.pathname === '/' && url.search === '' && url.hash === ''
      if (!exact) fail('origins', `exact origins such as "https://www.example.com", each named by itself; ${JSON.stringify(text)} is none`)
      return url.origin
    }),
  )
}

function readProxies(proxies: boolean | number = 0): number {
  if (typeof proxies !== 'boolean' && !(Number.isInteger(proxies) && proxies >= 0)) fail('trustProxy', 'how many proxies there are in front, or true for one')
  return Number(proxies)
}

function readSpool(spool: CollectorOptions['spool']): Settings['spool'] {
  const isSpool = typeof spool === 'string' ? parseSpoolUrl(spool) !== null : spool === undefined || typeof (spool as Partial<Spool> | null)?.append === 'function'
  if (!isSpool) fail('spool', '`sqlite:FILE` or `redis://…`, or an open spool')
  return spool
}

function readMeters(meters: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(meters) || !meters.every((meter) => typeof meter === 'string')) fail('meters', 'an array of meter names')
  if (meters.length === 0) fail('meters', 'a list of at least one meter name; leave it out to take every meter')
  return new Set(meters)
}

function readLimits(limits: Limits | false | undefined): Settings['limits'] {
  if (limits === false) return { ...sizes, perCustomer: false, perIp: false, valuePerDay: false }
  if (limits !== undefined && !isPlainObject(limits)) fail('limits', 'an object, or false')
  for (const name of Object.keys(limits ?? {})) if (!Object.hasOwn(defaultLimits, name)) warnOf(`limits.${name}`)
  const given = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined)
  const all = { ...defaultLimits, ...Object.fromEntries(given) } as Settings['limits']
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) checkPositive(`limits.${name}`, all[name])
  for (const name of ['perCustomer', 'perIp'] as const) {
    const rate = all[name]
    if (rate === false) continue
    if (!isPlainObject(rate)) fail(`limits.${name}`, '{ burst, perSecond }, or false')
    checkPositive(`limits.${name}.burst`, rate.burst)
    checkPositive(`limits.${name}.perSecond`, rate.perSecond)
  }
  if (all.valuePerDay !== false) checkPositive('limits.valuePerDay', all.valuePerDay)
  return all
}

/** Proxies append, so the address that the outermost trusted one saw is counted from the end. */
function addressReader(clientIp: CollectorOptions['clientIp'], proxies: number): Settings['addressOf'] {
  const forwarded = (call: Call) => {
    const hops = call.header('x-forwarded-for')?.split(',') ?? []
    return hops[hops.length - proxies]?.trim() || undefined
  }
  const own = (call: Call) => (clientIp === undefined ? call.ip : clientIp(call.request()))
  const read = (call: Call) => (proxies > 0 ? forwarded(call) : undefined) ?? own(call)
  return (call) => {
    const ip = read(call)
    return ip === undefined ? undefined : addressKey(ip)
  }
}
