import { fromRequest } from '../web.js'
import { corsHeaders, createOriginCheck } from './origin.js'

const listed = new Set(['https://www.example.com', 'http://localhost:3000'])

function check(origins: ReadonlySet<string> | null, headers: Record<string, string>, trustProxy = false) {
  return createOriginCheck({ origins, trustProxy })(fromRequest(new Request('http://usage.example.com/in', { method: 'POST', headers })))
}

describe('with a list', () => {
  test.each([
    ['https://www.example.com', true],
    ['http://localhost:3000', true],
    ['http://www.example.com', false],
    ['https://example.com', false],
    ['https://www.example.com:8443', false],
    ['https://www.example.com.evil.test', false],
    ['https://evil.test', false],
    ['https://usage.example.com', false],
    ['HTTPS://WWW.EXAMPLE.COM', false],
    ['null', false],
    ['', false],
  ])('%j may post: %s', (origin, allowed) => {
    expect(check(listed, { origin })).toEqual({ sender: { origin: allowed ? origin : null, site: null }, allowed })
  })

  test('no origin is on no list', () => {
    expect(check(listed, {}).allowed).toBe(false)
  })
})

describe('without a list', () => {
  test.each<[string, Record<string, string>, boolean, boolean?]>([
    ['a page of its own', { origin: 'http://usage.example.com' }, true],
    ['a page of its own behind a proxy that ends TLS', { origin: 'https://usage.example.com', 'sec-fetch-site': 'same-origin' }, true],
    ['a page of another scheme, as the engine knows', { origin: 'http://usage.example.com', 'sec-fetch-site': 'cross-site' }, false],
    ['a page of the same site', { origin: 'https://www.example.com', 'sec-fetch-site': 'same-site' }, false],
    ['another page', { origin: 'https://evil.test' }, false],
    ['a page of the host that was asked for, whatever the server calls itself', { origin: 'https://shop.test', host: 'shop.test' }, true],
    ['a page of its own, asked for with the usual port', { origin: 'https://shop.test', host: 'shop.test:443' }, true],
    ['a page of its own, asked for in capitals', { origin: 'https://shop.test', host: 'Shop.Test' }, true],
    ['a page of another port', { origin: 'https://shop.test', host: 'shop.test:80' }, false],
    ['what is more than an origin', { origin: 'https://evil@shop.test', host: 'shop.test' }, false],
    ['an address', { origin: 'https://shop.test/x', host: 'shop.test' }, false],
    ['a host that is more than one', { origin: 'https://evil@shop.test', host: 'evil@shop.test' }, false],
    ['another page than that', { origin: 'http://usage.example.com', host: 'shop.test' }, false],
    ['another page that claims a forwarded host', { origin: 'https://evil.test', 'x-forwarded-host': 'evil.test' }, false],
    ['a page behind a trusted proxy', { origin: 'https://shop.test', 'x-forwarded-host': 'shop.test, inner' }, true, true],
    ['another page behind a trusted proxy', { origin: 'https://evil.test', 'x-forwarded-host': 'shop.test' }, false, true],
    ['a sandboxed frame', { origin: 'null' }, false],
    ['a sandboxed frame, as the engine knows', { origin: 'null', 'sec-fetch-site': 'cross-site' }, false],
    ['a page of its own whose beacons hide their origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }, true],
    ['nonsense', { origin: 'nonsense' }, false],
    ['no page', {}, true],
    ['a page that hides its origin', { 'sec-fetch-site': 'cross-site' }, false],
  ])('%s', (_, headers, allowed, trustProxy = false) => {
    expect(check(null, headers, trustProxy).allowed).toBe(allowed)
  })
})

test('a hidden origin is named in no answer', () => {
  expect(check(null, { origin: 'null', 'sec-fetch-site': 'same-origin' }).sender).toEqual({ origin: null, site: 'same-origin' })
})

test('a page without TLS is not of the origin of a collector that is asked by https', () => {
  const isAllowed = createOriginCheck({ origins: null, trustProxy: false })
  const call = (origin: string) => fromRequest(new Request('https://usage.example.com/in', { method: 'POST', headers: { origin } }))
  expect(isAllowed(call('http://usage.example.com')).allowed).toBe(false)
  expect(isAllowed(call('https://usage.example.com')).allowed).toBe(true)
})

test('the answer names the one origin that was allowed', () => {
  expect(corsHeaders({ origin: 'https://www.example.com', site: null })).toEqual({
    'access-control-allow-origin': 'https://www.example.com',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'Origin',
  })
  expect(corsHeaders({ origin: null, site: null })).toEqual({ vary: 'Origin' })
})
