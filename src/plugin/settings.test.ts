import { readSettings } from './settings.js'
import type { AmberfloSettings } from './types.js'

const read = (given: unknown) => readSettings(given as AmberfloSettings)
const url = { collectorUrl: '/usage' }
const cyclic: { self?: object } = {}
cyclic.self = cyclic

it('leaves out what is undefined', () => {
  expect(Object.keys(read({ ...url, token: undefined }))).toEqual(['collectorUrl'])
  expect(Object.keys(read({ ...url, batch: { maxRecords: undefined } }).batch!)).toEqual([])
})

it('gives meters that inherit no name', () => {
  expect(read({ ...url, meters: { track: {} } }).meters!.track!['constructor']).toBeUndefined()
})

it('keeps what is right', () => {
  const given = {
    collectorUrl: 'https://usage.example.com/in?site=1',
    token: async () => 'x',
    customerId: 'groupId',
    anonymousUsage: 'drop',
    meters: { page: false, track: { 'Api Calls': 'api-calls', Noise: false, toString: 'x' }, only: ['api-calls'] },
    dimensions: { allow: ['a'], deny: [] },
    consentCategories: ['Analytics'],
    batch: { maxRecords: 1, maxDelayMs: 0 },
    onReceipt() {},
    debug: true,
  }
  expect(read(given)).toMatchObject(given)
})

it.each([
  ['/', true],
  ['/usage?x=1', true],
  ['http://localhost:8787', true],
  ['http://own/usage', true],
  ['https://usage.example.com/amberflo.io/', true],
  ['https://amberflo.io.example.com', true],
  ['HTTPS://EXAMPLE.COM', true],
  [undefined, false],
  ['usage', false],
  ['//elsewhere.example', false],
  ['ftp://example.com', false],
  ['https://', false],
  ['https://user:password@example.com', false],
  ['https://amberflo.io', false],
  ['https://App.Amberflo.io/ingest', false],
  ['https://app.amberflo.io:443/ingest', false],
  ['https://app.amberflo.io./ingest', false],
  ['https://app.amberflo%2eio', false],
  ['https:/\\app.amberflo.io\\ingest', false],
  ['https://usage.example.com?to=app.amberflo.io', true],
  ['https://myamberflo.io', true],
  ['/\\elsewhere.example', false],
  ['\\\\elsewhere.example', false],
  ['/\t/elsewhere.example', false],
  [' /usage', false],
  ['https://example.com:99999', false],
  ['https://[', false],
  ['http:usage', false],
])('collectorUrl %j: %j', (collectorUrl, right) => {
  if (right) expect(read({ collectorUrl }).collectorUrl).toBe(collectorUrl)
  else expect(() => read({ collectorUrl })).toThrow(new TypeError(`Amberflo: collectorUrl is ${collectorUrl === undefined ? collectorUrl : `"${collectorUrl}"`}, expected an http(s) URL or a /path of your collector, where the API key belongs`))
})

it.each([
  ['collectorUrl is 5, expected string', { collectorUrl: 5 }],
  ['collectorUrl is "", expected string', { collectorUrl: '' }],
  ['token is "", expected string | function', { ...url, token: '' }],
  ['token is object, expected string | function', { ...url, token: {} }],
  ['customerId is "user", expected "userId" | "groupId" | function', { ...url, customerId: 'user' }],
  ['customerId is "function", expected "userId" | "groupId" | function', { ...url, customerId: 'function' }],
  ['anonymousUsage is true, expected "meter" | "drop"', { ...url, anonymousUsage: true }],
  ['meters is "object", expected object', { ...url, meters: 'object' }],
  ['onReceipt is "function", expected function', { ...url, onReceipt: 'function' }],
  ['debug is "false", expected true | false', { ...url, debug: 'false' }],
  ['meters is array, expected object', { ...url, meters: ['a', 'b'] }],
  ['meters.page is true, expected string | false', { ...url, meters: { page: true } }],
  ['meters.track.A is "", expected string | false', { ...url, meters: { track: { A: '' } } }],
  ['meters.only is "A", expected array', { ...url, meters: { only: 'A' } }],
  ['dimensions.deny.0 is 1, expected string', { ...url, dimensions: { deny: [1] } }],
  ['consentCategories is object, expected array', { ...url, consentCategories: {} }],
  ['consentCategories.1 is undefined, expected string', { ...url, consentCategories: ['A', undefined] }],
  ['subscriptions.0 is "x", expected object', { ...url, subscriptions: ['x'] }],
  ['subscriptions.1.subscribe is undefined, expected string', { ...url, subscriptions: [{ subscribe: 'type = "track"' }, {}] }],
  ['subscriptions.0.subscribe is 5, expected string', { ...url, subscriptions: [{ subscribe: 5 }] }],
  ['meters.only.0 is "", expected string', { ...url, meters: { only: [''] } }],
  ['collectorUrl is array, expected string', { collectorUrl: [] }],
  ['collectorUrl is object, expected string', { collectorUrl: new URL('https://usage.example.com') }],
  ['collectorUrl is object, expected string', { collectorUrl: Object.create(null) as object }],
  ['token is Symbol(x), expected string | function', { ...url, token: Symbol('x') }],
  ['debug is 1, expected true | false', { ...url, debug: 1n }],
  ['debug is object, expected true | false', { ...url, debug: cyclic }],
  ['batch is null, expected object', { ...url, batch: null }],
  ['batch.maxRecords is 0, expected 1..500', { ...url, batch: { maxRecords: 0 } }],
  ['batch.maxRecords is 1.5, expected 1..500', { ...url, batch: { maxRecords: 1.5 } }],
  ['batch.maxRecords is "5", expected 1..500', { ...url, batch: { maxRecords: '5' } }],
  ['batch.maxBytes is 65537, expected 1..65536', { ...url, batch: { maxBytes: 65537 } }],
  ['batch.maxDelayMs is NaN, expected 0..60000', { ...url, batch: { maxDelayMs: NaN } }],
  ['onReceipt is true, expected function', { ...url, onReceipt: true }],
  ['debug is "yes", expected true | false', { ...url, debug: 'yes' }],
])('%s', (message, given) => {
  expect(() => read(given)).toThrow(new TypeError(`Amberflo: ${message}`))
})

it.each([undefined, null, 'https://usage.example.com', 5])('%j is no settings', (given) => {
  expect(() => read(given)).toThrow(/^Amberflo: collectorUrl is undefined, expected an http/)
})

it.each(['apiKey', 'api_key', 'API-KEY', 'x-api-key', 'X_API_KEY', 'apikey'])('refuses %s, says where it belongs, and does not repeat it', (name) => {
  const attempt = () => read({ [name]: 'sk-canary' })
  expect(attempt).toThrow(TypeError)
  expect(attempt).toThrow(`${name} is "in the page", expected in your collector, where the API key belongs`)
  expect(attempt).not.toThrow('canary')
})

it('warns once of all settings that do not exist, and takes the rest', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {})
  const given = { ...url, versionSettings: {}, batch: { maxDelay: 5 }, bundlingStatus: 'unbundled', meters: { tracks: {} } }
  expect(read(given)).toEqual({ ...url, batch: {}, meters: {} })
  expect(warn.mock.calls).toEqual([['Amberflo: unknown settings versionSettings,batch.maxDelay,bundlingStatus,meters.tracks']])
  warn.mockRestore()
})

it('takes what every object has for unknown, too', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {})
  expect(read({ ...url, constructor: 'x', batch: { toString: 5 } })).toEqual({ ...url, batch: {} })
  expect(warn.mock.calls).toEqual([['Amberflo: unknown settings constructor,batch.toString']])
  warn.mockRestore()
})

it('does not follow later changes of a group', () => {
  const batch = { maxRecords: 5 }
  const settings = read({ ...url, batch })
  batch.maxRecords = 6
  expect(settings.batch!.maxRecords).toBe(5)
})
