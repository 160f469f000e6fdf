import { SignJWT } from 'jose'
import { mintToken } from '../../src/collector/index.js'
import type { CollectorOptions } from '../../src/collector/index.js'
import { collect, envelope, origin, record, secret } from './support/collector.js'

const seconds = () => Math.floor(Date.now() / 1000)
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = (change: object = {}) => ({ sub: 'ada', aud: 'amberflo-collector', iat: seconds(), exp: seconds() + 600, ...change })
const sign = (change: object = {}, { key = secret, alg = 'HS256' } = {}) => new SignJWT(claims(change)).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key))

/** Who a token proves; `null` where it proves nobody. */
const tokens: Record<string, { make: () => Promise<string | undefined>; holder: string | null }> = {
  'no token': { make: async () => undefined, holder: null },
  'own token': { make: () => mintToken({ secret, customerId: 'ada' }), holder: 'ada' },
  'another customer’s token': { make: () => mintToken({ secret, customerId: 'bob' }), holder: 'bob' },
  'alg none': { make: async () => `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims())}.`, holder: null },
  'alg none in capitals': { make: async () => `${base64({ alg: 'NONE' })}.${base64(claims())}.x`, holder: null },
  'wrong key': { make: () => sign({}, { key: 'not the secret, but also long enough' }), holder: null },
  'wrong algorithm': { make: () => sign({}, { alg: 'HS384', key: secret.repeat(2) }), holder: null },
  'wrong audience': { make: () => sign({ aud: 'another-service' }), holder: null },
  'expired a minute ago': { make: () => sign({ exp: seconds() - 60 }), holder: null },
  'expired a week ago': { make: () => sign({ exp: seconds() - 7 * 86_400 }), holder: null },
  'not valid yet': { make: () => sign({ nbf: seconds() + 60 }), holder: null },
  'without an end': { make: () => sign({ exp: undefined }), holder: null },
  'claims of another, own signature': {
    make: async () => {
      const [head, , signature] = (await sign()).split('.')
      return `${head}.${base64(claims({ sub: 'bob' }))}.${signature}`
    },
    holder: null,
  },
  'own claims, a byte of the signature changed': { make: async () => (await sign()).replace(/.{4}$/, 'AAAA'), holder: null },
}

const origins: Record<string, { header: string | undefined; allowed: boolean }> = {
  'own page': { header: origin, allowed: true },
  'another page': { header: 'https://evil.test', allowed: false },
  'a page that looks alike': { header: `${origin}.evil.test`, allowed: false },
  'a sandboxed page': { header: 'null', allowed: false },
  'no page': { header: undefined, allowed: false },
}

const sessions: Record<string, string | null> = { 'no session': null, 'own session': 'ada', 'another customer’s session': 'bob' }

const authenticate: CollectorOptions['authenticate'] = (request) => {
  const customerId = /^session=(\w+)$/.exec(request.headers.get('cookie') ?? '')?.[1]
  return customerId === undefined ? null : { customerId }
}

const collectors: Record<string, { options: Partial<CollectorOptions>; token: boolean; session: boolean }> = {
  'tokens': { options: { tokenSecret: secret }, token: true, session: false },
  'sessions': { options: { authenticate }, token: false, session: true },
  'tokens and sessions': { options: { tokenSecret: secret, authenticate }, token: true, session: true },
  'tokens, and trust that must not matter': { options: { tokenSecret: secret, trustClient: true }, token: true, session: false },
}

/** Who pays, told from the four things alone; `null`: nobody is proved. */
function payer(asks: { token: boolean; session: boolean }, tokenName: string, session: string | null): string | null {
  if (asks.token && tokenName !== 'no token') return tokens[tokenName]?.holder ?? null
  return asks.session ? session : null
}

describe.each(Object.entries(collectors))('a collector that asks for %s', (_, { options, ...asks }) => {
  test('takes usage only from an allowed page, and only for the customer that is proved', async () => {
    const { post, records } = collect(options)
    const expected: string[] = []
    for (const [tokenName, { make }] of Object.entries(tokens)) {
      for (const { header, allowed } of Object.values(origins)) {
        for (const session of Object.values(sessions)) {
          for (const customers of [['ada'], ['bob'], ['ada', 'bob']]) {
            const sent = customers.map((customerId) => record({ customerId }))
            const response = await post(envelope({ token: await make(), records: sent }), {
              ...(header === undefined ? {} : { origin: header }),
              ...(session === null ? {} : { cookie: `session=${session}` }),
            })
            const proved = allowed ? payer(asks, tokenName, session) : null
            const mine = sent.filter(({ customerId }) => customerId === proved)
            expected.push(...mine.map(({ uniqueId }) => uniqueId))
            expect(response.status).toBe(!allowed ? 403 : proved === null ? 401 : mine.length === 0 ? 403 : 200)
            expect(response.headers.get('access-control-allow-origin')).toBe(allowed ? (header ?? null) : null)
            // Never a receipt for a batch of which anything was left out.
            const whole = response.status === 200 && mine.length === sent.length
            expect(response.headers.has('timing-allow-origin')).toBe(whole)
            expect(response.headers.has('server-timing')).toBe(whole)
            if (response.status !== 200) continue
            expect(await response.json()).toEqual({
              accepted: mine.length,
              duplicates: 0,
              rejected: sent.filter((one) => !mine.includes(one)).map(({ uniqueId }) => ({ id: uniqueId, reason: 'customer_mismatch' })),
            })
          }
        }
      }
    }
    expect((await records()).map(({ uniqueId }) => uniqueId).sort()).toEqual(expected.sort())
    expect(expected.length).toBeGreaterThan(0)
  })
})

describe('an identify', () => {
  test('of another customer is refused, and touches nothing', async () => {
    const { post, customers } = collect({ tokenSecret: secret })
    const token = await mintToken({ secret, customerId: 'bob' })
    const response = await post(envelope({ token, customers: [{ customerId: 'ada', customerName: 'Robbed' }] }))
    expect(response.status).toBe(403)
    expect(await customers()).toEqual([])
  })
})

describe('replay', () => {
  test('of a whole batch adds nothing', async () => {
    const { post, records } = collect({ tokenSecret: secret })
    const body = envelope({ token: await mintToken({ secret, customerId: 'ada' }), records: [record(), record()] })
    expect(await (await post(body)).json()).toMatchObject({ accepted: 2, duplicates: 0 })
    for (let at = 0; at < 5; at++) expect(await (await post(body)).json()).toMatchObject({ accepted: 0, duplicates: 2, rejected: [] })
    expect(await records()).toHaveLength(2)
  })

  test('of a token under another origin is refused', async () => {
    const { post } = collect({ tokenSecret: secret })
    const body = envelope({ token: await mintToken({ secret, customerId: 'ada' }), records: [record()] })
    expect((await post(body, { origin: 'https://evil.test' })).status).toBe(403)
  })

  test('nobody can take up an id before its owner', async () => {
    const { post, records } = collect({ tokenSecret: secret })
    const theirs = record({ uniqueId: 'wanted', customerId: 'bob' })
    await post(envelope({ token: await mintToken({ secret, customerId: 'bob' }), records: [theirs] }))
    const own = record({ uniqueId: 'wanted', customerId: 'ada' })
    expect(await (await post(envelope({ token: await mintToken({ secret, customerId: 'ada' }), records: [own] }))).json()).toMatchObject({ accepted: 1, duplicates: 0 })
    expect(await records()).toEqual([theirs, own])
  })
})

describe('late delivery', () => {
  const minute = 60_000

  test('what was made under a token is taken for a day after its end', async () => {
    const { post, records } = collect({ tokenSecret: secret })
    const token = await sign({ exp: seconds() - 3600 })
    const early = record({ meterTimeInMillis: Date.now() - 90 * minute })
    expect((await post(envelope({ token, records: [early] }))).status).toBe(200)
    expect((await post(envelope({ token, records: [early, record()] }))).status).toBe(401)
    expect((await post(envelope({ token: await sign({ exp: seconds() - 86_401 }), records: [record({ meterTimeInMillis: Date.now() - 3 * 86_400_000 })] }))).status).toBe(401)
    expect(await records()).toEqual([early])
  })
})

describe('a token’s meters', () => {
  test('are the only ones it pays for', async () => {
    const { post } = collect({ tokenSecret: secret, meters: ['page', 'screen'] })
    const token = await mintToken({ secret, customerId: 'ada', meters: ['page', 'track'] })
    const sent = ['page', 'screen', 'track'].map((meterApiName) => record({ meterApiName, uniqueId: `m-${meterApiName}` }))
    expect(await (await post(envelope({ token, records: sent }))).json()).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [
        { id: 'm-screen', reason: 'meter_not_allowed' },
        { id: 'm-track', reason: 'meter_not_allowed' },
      ],
    })
  })
})

test('without any proof a collector is not even made', () => {
  expect(() => collect()).toThrow(/tokenSecret.*authenticate.*trustClient/s)
})
