import type { Random } from './random.js'

export interface Attack {
  method: string
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer> | null
}

export interface Supplies {
  now: number
  origin: string
  /** Tokens of all kinds, right and wrong. */
  tokens: readonly string[]
}

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

/** JSON texts, some of which no serializer would write. */
const texts: readonly string[] = [
  '""', '" "', '"ada"', '"bob"', '"page"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u2028"', '"aflo.cancel"', '"__proto__"', '"constructor"', '"ﷺ🏳️‍🌈"',
  `"${'x'.repeat(257)}"`, `"${'ü'.repeat(20_000)}"`,
  '0', '-0', '1', '-1', '2.5', '1e3', '1e999', '-1e999', '5e-324', '1.7976931348623157e308', '9007199254740993', '123456789012345678901234567890', '0.1e-400',
  'true', 'false', 'null', '[]', '{}', '[[]]', '[null]', '{"length":5}',
  '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"a":1,"a":2}', '{"toString":1,"valueOf":2}', '{"toJSON":"x"}',
  nested('[', ']', 50), nested('{"a":', '}', 50).replace('}', '1}'), nested('[', ']', 20_000),
]

/** Texts that are not JSON at all. */
const broken: readonly string[] = ['', ' ', '{', '}', '[', '"', 'nul', 'undefined', 'NaN', '{"v":1,}', '{\'v\':1}', '\u0000', '\ufeff{"v":1}', '{"v":1}\n{"v":1}', nested('[', '', 60_000), nested('{"a":', '', 12_000)]

const names = ['uniqueId', 'customerId', 'meterApiName', 'meterValue', 'meterTimeInMillis', 'dimensions', 'customerName', 'customerEmail', 'traits', 'v', 'batch', 'sentAt', 'token', 'records', 'customers', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'x']

const evilHeaders: readonly [string, readonly string[]][] = [
  ['origin', ['https://evil.test', 'null', '', 'https://www.example.com:443', 'https://WWW.example.com', 'a b', '*']],
  ['content-length', ['0', '5', '-1', '99999999', 'x', '1e3']],
  ['content-encoding', ['gzip', 'identity', 'br', 'x']],
  ['content-type', ['application/json', 'multipart/form-data; boundary=x', 'x', '']],
  ['sec-fetch-site', ['none', 'cross-site', 'same-origin', 'x']],
  ['cookie', ['session=ada', 'session=bob', 'session=', 'x'.repeat(5000)]],
  ['x-forwarded-for', ['1.2.3.4', '::1, 2.3.4.5', ',,,', 'x'.repeat(2000)]],
  ['x-forwarded-host', ['evil.test', '', 'usage.example.com, evil.test', ' ']],
]

/** One attack: mostly a batch that is nearly right, for the deeper rooms; sometimes plain noise, for the door. */
export function attack(random: Random, supplies: Supplies): Attack {
  const headers: Record<string, string> = random.chance(0.9) ? { origin: supplies.origin } : {}
  while (random.chance(0.2)) {
    const [name, values] = random.pick(evilHeaders)
    headers[name] = random.pick(values)
  }
  const method = random.chance(0.97) ? 'POST' : random.pick(['GET', 'PUT', 'OPTIONS', 'DELETE', 'HEAD', 'PATCH', 'QUERY'])
  return { method, headers, body: method === 'GET' || method === 'HEAD' ? null : body(random, supplies) }
}

function body(random: Random, supplies: Supplies): string | Uint8Array<ArrayBuffer> {
  if (random.chance(0.03)) return random.pick(broken)
  if (random.chance(0.02)) return random.pick(texts)
  const text = envelope(random, supplies)
  if (random.chance(0.9)) return text
  if (random.chance(0.5)) return text.slice(0, random.below(text.length))
  const bytes = new TextEncoder().encode(text)
  for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
  return bytes
}

/** A field's right value, or now and then any other. */
const mostly = (random: Random, right: () => string) => (random.chance(0.95) ? right() : random.pick(texts))

function object(random: Random, fields: readonly [string, () => string][]): string {
  const parts = fields.filter(() => random.chance(0.98)).map(([name, right]) => `"${name}":${mostly(random, right)}`)
  while (random.chance(0.1)) parts.splice(random.below(parts.length + 1), 0, `"${random.pick(names)}":${random.pick(texts)}`)
  return `{${parts.join(',')}}`
}

const list = (random: Random, most: number, one: () => string) => {
  const length = random.chance(0.002) ? random.below(600) : random.below(most)
  return `[${Array.from({ length }, one).join(',')}]`
}

function envelope(random: Random, { now, tokens }: Supplies): string {
  const day = 86_400_000
  const time = () => String(now + random.pick([0, 0, 0, -1000, 1000, -day, -59 * day, -61 * day, 4 * 60_000, 6 * 60_000, day]))
  const customerId = () => (random.chance(0.9) ? '"ada"' : '"bob"')
  const record = () =>
    object(random, [
      ['uniqueId', () => `"u${random.below(100_000)}"`],
      ['customerId', customerId],
      ['meterApiName', () => random.pick(['"page"', '"screen"', '"Api Calls"'])],
      ['meterValue', () => random.pick(['1', '0', '2.5', '1e3'])],
      ['meterTimeInMillis', time],
      ['dimensions', () => object(random, [['region', () => '"eu"'], ['plan', () => '"pro"']])],
    ])
  const customer = () =>
    object(random, [
      ['customerId', customerId],
      ['customerName', () => '"Ada"'],
      ['customerEmail', () => '"ada@example.com"'],
      ['traits', () => object(random, [['plan', () => '"pro"'], ['stripeId', () => '"cus_1"']])],
    ])
  return object(random, [
    ['v', () => '1'],
    ['batch', () => '"b"'],
    ['sentAt', time],
    ['token', () => JSON.stringify(random.pick(tokens))],
    ['customers', () => list(random, 2, customer)],
    ['records', () => list(random, 6, record)],
  ])
}
