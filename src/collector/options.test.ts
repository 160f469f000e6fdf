import { createCollector } from './collector.js'
import { fromRequest } from './web.js'
import { readOptions } from './options.js'
import type { CollectorOptions } from './options.js'

const good: CollectorOptions = { apiKey: 'canary-key', trustClient: true }

test.each<[string, Partial<CollectorOptions>, RegExp]>([
  ['no key', { apiKey: undefined }, /`apiKey`/],
  ['an empty key', { apiKey: '' }, /`apiKey`/],
  ['a key that is no header', { apiKey: 'a\nb' }, /`apiKey`/],
  ['nothing that proves', { trustClient: false }, /tokenSecret.*authenticate.*trustClient/s],
  ['trust that was not said aloud', { trustClient: 'yes' as never }, /trustClient/],
  ['a short secret', { tokenSecret: 'x'.repeat(31) }, /tokenSecret.*32 bytes/],
  ['an empty secret', { tokenSecret: '' }, /tokenSecret/],
  ['keys in the clear', { tokenSecret: 'http://keys.example.com/jwks' }, /https/],
  ['a session that is no function', { authenticate: {} as never }, /`authenticate`/],
  ['any origin', { origins: ['*'] }, /`origins`.*"\*"/],
  ['an origin with a path', { origins: ['https://a.test/path'] }, /`origins`/],
  ['an origin without a scheme', { origins: ['www.example.com'] }, /`origins`/],
  ['origins with a wildcard', { origins: ['https://*.example.com'] }, /`origins`.*each named.*"https:\/\/\*.example.com"/],
  ['no origin', { origins: [] }, /`origins` must be .*at least one.*leave it out/],
  ['no meter', { meters: [] }, /`meters` must be .*at least one.*leave it out/],
  ['a file', { origins: ['file:///'] }, /`origins`/],
  ['origins that are no list', { origins: 'https://a.test' as never }, /`origins`/],
  ['meters that are no list', { meters: 'page' as never }, /`meters`/],
  ['another upstream', { amberfloUrl: 'ftp://a.test' }, /`amberfloUrl`/],
  ['an upstream with a query', { amberfloUrl: 'https://a.test/?x' }, /`amberfloUrl`/],
  ['Amberflo in the clear', { amberfloUrl: 'http://app.amberflo.io' }, /`amberfloUrl`.*https:/],
  ['Amberflo with a path', { amberfloUrl: 'https://app.amberflo.io/ingest' }, /`amberfloUrl`.*without a path/],
  ['an upstream with a password', { amberfloUrl: 'https://a:b@a.test/' }, /`amberfloUrl`/],
  ['no time', { upstreamTimeoutMs: 0 }, /`upstreamTimeoutMs`/],
  ['a no that is a text', { allowNegative: 'false' as never }, /`allowNegative` must be true or false/],
  ['customers that are a text', { customers: 'no' as never }, /`customers`/],
  ['an address that is no function', { clientIp: '1.2.3.4' as never }, /`clientIp` must be a function/],
  ['an observer that is none', { observe: 1 as never }, /`observe`/],
  ['proxies that are no number', { trustProxy: 'x' as never }, /`trustProxy`/],
  ['half a proxy', { trustProxy: 0.5 }, /`trustProxy`/],
  ['limits that are none', { limits: true as never }, /`limits`/],
  ['limits that are a list', { limits: [] as never }, /`limits` must be an object, or false/],
  ['limits that are null', { limits: null as never }, /`limits` must be an object, or false/],
  ['a spool that is none', { spool: {} as never }, /`spool`/],
  ['no size', { limits: { bodyBytes: -1 } }, /`limits.bodyBytes`/],
  ['a rate of nothing', { limits: { perIp: { burst: 1, perSecond: 0 } } }, /`limits.perIp.perSecond`/],
  ['a rate that is null', { limits: { perIp: null as never } }, /`limits.perIp` must be \{ burst, perSecond \}, or false/],
  ['a rate that is a number', { limits: { perCustomer: 5 as never } }, /`limits.perCustomer` must be \{ burst, perSecond \}, or false/],
  ['a cap of nothing', { limits: { valuePerDay: Number.NaN } }, /`limits.valuePerDay`/],
])('%s', (_, change, message) => {
  const read = () => readOptions({ ...good, ...change })
  expect(read).toThrow(TypeError)
  expect(read).toThrow(message)
})

test.each([undefined, null])('no options at all: %s', (options) => {
  expect(() => createCollector(options as never)).toThrow('createCollector: give it an object of options')
})

test('an option that does not exist is warned of', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  readOptions({ ...good, orgins: [], limits: { valuePrDay: 1 } } as never)
  expect(warn.mock.calls).toEqual([['createCollector: there is no option `orgins`'], ['createCollector: there is no option `limits.valuePrDay`']])
  warn.mockRestore()
})

test('no message quotes the key', () => {
  expect(() => readOptions({ ...good, apiKey: 'canary key' })).not.toThrow(/canary/)
})

test('what is left out has a value', () => {
  const settings = readOptions({ ...good, limits: undefined, origins: undefined })
  expect(settings).toMatchObject({ amberfloUrl: 'https://app.amberflo.io', origins: null, meters: null, customers: true, allowNegative: false })
  expect(settings.limits).toMatchObject({ bodyBytes: 65_536, records: 500, valuePerDay: false })
})

test('origins and the upstream are brought into their one form', () => {
  const settings = readOptions({ ...good, origins: ['https://a.test/', 'HTTPS://B.test:443'], amberfloUrl: 'http://localhost:9/base//' })
  expect(settings.origins).toEqual(new Set(['https://a.test', 'https://b.test']))
  expect(settings.amberfloUrl).toBe('http://localhost:9/base')
})

test('`limits: false` switches off what counts over time, not the size of a body', () => {
  expect(readOptions({ ...good, limits: false }).limits).toMatchObject({ bodyBytes: 65_536, perCustomer: false, perIp: false, valuePerDay: false })
})

describe('the sender’s address', () => {
  const request = new Request('https://c.test/', { headers: { 'x-forwarded-for': '6.6.6.6, 10.0.0.1 ,10.0.0.2' } })
  const clientIp = () => '127.0.0.1'

  test.each<[Partial<CollectorOptions>, string | undefined]>([
    [{}, undefined],
    [{ clientIp }, '127.0.0.1'],
    [{ trustProxy: true, clientIp }, '10.0.0.2'],
    [{ trustProxy: 2, clientIp }, '10.0.0.1'],
    [{ trustProxy: 9, clientIp }, '127.0.0.1'],
    [{ trustProxy: 9 }, undefined],
  ])('%j: %s', (change, ip) => {
    expect(readOptions({ ...good, ...change }).addressOf(fromRequest(request))).toBe(ip)
  })
})

test('an observer that throws hurts nobody', () => {
  const { observe } = readOptions({ ...good, observe: () => { throw new Error('observer') } })
  expect(() => observe({ type: 'refused', status: 403, error: 'origin_not_allowed' })).not.toThrow()
})
