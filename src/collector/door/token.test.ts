import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { CollectorEvent } from '../events.js'
import { createTokenVerifier, LATE_DELIVERY_MS, mintToken } from './token.js'

const secret = 'a secret of at least thirty-two bytes'
let time: number
let events: CollectorEvent[]
beforeEach(() => {
  time = Date.now()
  events = []
})

const verifier = (tokenSecret = secret) => createTokenVerifier({ tokenSecret, now: () => time, observe: (event) => events.push(event) })
const codeOf = async (work: Promise<unknown>) => work.then(() => 'verified', (error: { code?: string }) => error.code)

const base64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A JWT with any claims at all. */
const sign = (claims: Record<string, unknown>, { key = secret, alg = 'HS256' } = {}) =>
  new SignJWT({ sub: 'ada', aud: 'amberflo-collector', exp: Math.floor(time / 1000) + 600, ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key))

describe('mintToken', () => {
  test('makes what the collector verifies', async () => {
    const token = await mintToken({ secret, customerId: 'ada', meters: ['page'] })
    const proof = await verifier()(token)
    expect(proof).toMatchObject({ customerId: 'ada', meters: ['page'] })
    expect(Math.abs((proof.expiresAt ?? 0) - time - 600_000)).toBeLessThan(2000)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'meters', 'sub'])
  })

  test.each([
    ['a short secret', { secret: 'short', customerId: 'ada' }],
    ['no customer', { secret, customerId: '' }],
    ['a life of nothing', { secret, customerId: 'ada', expiresIn: 0 }],
    ['meters that are no list', { secret, customerId: 'ada', meters: 'page' as never }],
    ['meters that are no names', { secret, customerId: 'ada', meters: [1] as never }],
  ])('throws for %s', async (_, options) => {
    await expect(mintToken(options)).rejects.toThrow(TypeError)
  })

  test('throws for the address of a JWKS, which signs nothing', async () => {
    await expect(mintToken({ secret: 'https://id.example.com/.well-known/jwks.json', customerId: 'ada' })).rejects.toThrow('mintToken: `secret` is an address')
  })

  test.each([-1, Number.NaN, Infinity, '600', '10m', null, new Date(), 600n])('throws for a life of %p, and names it', async (expiresIn) => {
    const made = mintToken({ secret, customerId: 'ada', expiresIn: expiresIn as never })
    await expect(made).rejects.toThrow(TypeError)
    await expect(made).rejects.toThrow('mintToken: `expiresIn`')
  })
})

test('a token with a long list of meters is good, and verified each time, so that it takes no room', async () => {
  const verify = verifier()
  const token = await mintToken({ secret, customerId: 'ada', meters: Array.from({ length: 250 }, (_, at) => `a meter with a long name ${at}`) })
  expect(token.length).toBeGreaterThan(8_192)
  const verified = jest.spyOn(crypto.subtle, 'verify')
  for (const _ of [1, 2]) expect((await verify(token)).meters).toHaveLength(250)
  expect(verified).toHaveBeenCalledTimes(2)
  verified.mockRestore()
})

test('a token of less than a second lives for one', async () => {
  const { exp, iat } = decodeJwt(await mintToken({ secret, customerId: 'ada', expiresIn: 0.1 }))
  expect((exp as number) - (iat as number)).toBe(1)
})

describe('with a secret', () => {
  test.each<[string, () => string | Promise<string>]>([
    ['another key', () => sign({}, { key: 'another secret of more than 32 bytes!' })],
    ['another algorithm', () => sign({}, { alg: 'HS512', key: secret.repeat(2) })],
    ['alg none', () => `${base64({ alg: 'none' })}.${base64({ sub: 'ada', aud: 'amberflo-collector', exp: 9e9 })}.`],
    ['another audience', () => sign({ aud: 'another' })],
    ['no audience', () => sign({ aud: undefined })],
    ['no subject', () => sign({ sub: undefined })],
    ['an empty subject', () => sign({ sub: '' })],
    ['no end', () => sign({ exp: undefined })],
    ['an end in milliseconds', () => sign({ exp: time + 600_000 })],
    ['a beginning in the future', () => sign({ nbf: Math.floor(time / 1000) + 60 })],
    ['meters that are no list', () => sign({ meters: 'page' })],
    ['meters that are no names', () => sign({ meters: [1] })],
    ['changed claims', async () => {
      const [head, , signature] = (await sign({})).split('.')
      return `${head}.${base64({ sub: 'bob', aud: 'amberflo-collector', exp: 9e9 })}.${signature}`
    }],
    ['too many characters', async () => `${await sign({})}${'x'.repeat(9000)}`],
    ['nothing', () => ''],
    ['nonsense', () => 'a.b.c'],
  ])('refuses a token with %s', async (_, make) => {
    expect(await codeOf(verifier()(await make()))).toBe('bad_token')
  })

  test('an ended token comes back for a day, with its end, and then no more', async () => {
    const token = await sign({})
    const verify = verifier()
    const end = (await verify(token)).expiresAt as number
    time = end + LATE_DELIVERY_MS - 1
    expect(await verify(token)).toEqual({ customerId: 'ada', expiresAt: end })
    time = end + LATE_DELIVERY_MS
    expect(await codeOf(verify(token))).toBe('expired_token')
  })

  test('an ended token of another audience is just as wrong', async () => {
    const token = await sign({ aud: 'another', exp: Math.floor(time / 1000) - 60 })
    expect(await codeOf(verifier()(token))).toBe('bad_token')
  })

  test('a good token is verified once', async () => {
    const token = await sign({})
    const verify = jest.spyOn(crypto.subtle, 'verify')
    const check = verifier()
    for (let at = 0; at < 5; at++) await check(token)
    expect(verify).toHaveBeenCalledTimes(1)
    verify.mockRestore()
  })
})

describe('with a JWKS', () => {
  let server: Server
  let url: string
  let privateKey: CryptoKey
  let keys: JWK[]
  let status = 200
  let reads = 0

  const publish = async (key: CryptoKey, kid?: string): Promise<JWK> => ({ ...(await exportJWK(key)), ...(kid && { kid }), alg: 'ES256' })

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    privateKey = pair.privateKey
    keys = [await publish(pair.publicKey, 'k1')]
    server = createServer((_, response) => {
      reads++
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  beforeEach(() => {
    status = 200
    reads = 0
  })

  afterEach(() => (keys = keys.slice(0, 1)))

  const claims = () => ({ sub: 'ada', aud: 'amberflo-collector', exp: Math.floor(time / 1000) + 600 })
  const signed = (key: CryptoKey, kid: string | undefined = 'k1') => new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid }).sign(key)
  const signedByNobody = (key: CryptoKey) => new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(key)

  test('verifies with the key that the token names', async () => {
    const verify = verifier(url)
    expect(await verify(await signed(privateKey))).toMatchObject({ customerId: 'ada' })
    expect(await verify(await signed(privateKey))).toMatchObject({ customerId: 'ada' })
    expect(reads).toBe(1)
  })

  test.each<[string, () => Promise<string>]>([
    ['another’s key', async () => signed((await generateKeyPair('ES256')).privateKey)],
    ['a key that is not in the set', async () => signed(privateKey, 'k2')],
    ['a shared secret', async () => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(new TextEncoder().encode(secret))],
  ])('refuses a token signed with %s', async (_, make) => {
    expect(await codeOf(verifier(url)(await make()))).toBe('bad_token')
    expect(events).toEqual([])
  })

  test('knows a new key a second after the set was last read', async () => {
    const verify = verifier(url)
    await verify(await signed(privateKey))
    const next = await generateKeyPair('ES256', { extractable: true })
    keys.push(await publish(next.publicKey, 'k2'))
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    expect(await verify(await signed(next.privateKey, 'k2'))).toMatchObject({ customerId: 'ada' })
    expect(reads).toBe(2)
    // Who invents keys makes nobody read the set each time.
    for (let at = 0; at < 20; at++) expect(await codeOf(verify(await signed(privateKey, `invented-${at}`)))).toBe('bad_token')
    expect(reads).toBeLessThan(10)
  })

  test('tries every key with a token that names none', async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    keys.push(await publish(other.publicKey))
    const verify = verifier(url)
    for (const key of [privateKey, other.privateKey]) expect(await verify(await signedByNobody(key))).toMatchObject({ customerId: 'ada' })
    expect(await codeOf(verify(await signedByNobody((await generateKeyPair('ES256')).privateKey)))).toBe('bad_token')
  })

  test.each([0, 1])('finds the key of a token that names none and has ended (key %i)', async (at) => {
    const other = await generateKeyPair('ES256', { extractable: true })
    keys.push(await publish(other.publicKey))
    const token = await signedByNobody([privateKey, other.privateKey][at] as CryptoKey)
    time += 3_600_000
    expect(await verifier(url)(token)).toMatchObject({ customerId: 'ada' })
  })

  test('a token that ends while it is remembered is verified each time from then on', async () => {
    const token = await new SignJWT({ ...claims(), exp: Math.floor(time / 1000) + 60 }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey)
    const verify = jest.spyOn(crypto.subtle, 'verify')
    const check = verifier(url)
    await check(token)
    time += 61_000
    await check(token)
    await check(token)
    expect(verify).toHaveBeenCalledTimes(3)
    verify.mockRestore()
  })

  test('a token whose key is withdrawn ends with the memory of it', async () => {
    // `jose` keeps the set for 10 minutes more, by a clock of its own.
    const token = await new SignJWT({ ...claims(), exp: Math.floor(time / 1000) + 86_400 }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey)
    const verify = jest.spyOn(crypto.subtle, 'verify')
    const check = verifier(url)
    await check(token)
    await check(token)
    expect(verify).toHaveBeenCalledTimes(1)
    time += 10 * 60_000
    await check(token)
    expect(verify).toHaveBeenCalledTimes(2)
    verify.mockRestore()
  })

  test('keys that cannot be read are not the browser’s fault', async () => {
    status = 500
    expect(await codeOf(verifier(url)(await signed(privateKey)))).toBe('identity_unavailable')
    expect(events).toEqual([{ type: 'alarm', alarm: 'jwks_unavailable', detail: {} }])
  })
})
