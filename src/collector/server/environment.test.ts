import { readOptions } from '../options.js'
import { asConfigError, ConfigError, describeVariables, readEnvironment, unknownVariables, variables } from './environment.js'

it('reads every variable into the option it sets', () => {
  const settings = readEnvironment({
    AMBERFLO_API_KEY: ' key ',
    AMBERFLO_URL: 'http://127.0.0.1:8788',
    COLLECTOR_ORIGINS: 'https://a.example, https://b.example,',
    COLLECTOR_TOKEN_SECRET: 'https://id.example/jwks',
    COLLECTOR_METERS: 'page,Api Calls',
    COLLECTOR_CUSTOMERS: 'off',
    COLLECTOR_ALLOW_NEGATIVE: 'TRUE',
    COLLECTOR_SPOOL: 'sqlite:spool.db',
    COLLECTOR_SPOOL_MAX_ITEMS: '10',
    COLLECTOR_SPOOL_MAX_BYTES: '20',
    COLLECTOR_SPOOL_LEASE_MS: '3000',
    COLLECTOR_MAX_BODY_BYTES: '1000',
    COLLECTOR_MAX_RECORDS: '5',
    COLLECTOR_MAX_CUSTOMERS: '2',
    COLLECTOR_MAX_IN_HAND: '3',
    COLLECTOR_READ_TIMEOUT_MS: '4000',
    COLLECTOR_RATE_PER_CUSTOMER: '100/2.5',
    COLLECTOR_RATE_PER_IP: 'off',
    COLLECTOR_VALUE_PER_DAY: '500',
    COLLECTOR_TRUST_PROXY: '1',
    COLLECTOR_UPSTREAM_TIMEOUT_MS: '2000',
    COLLECTOR_DRAIN_MS: '5000',
    COLLECTOR_LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: '0',
    UNRELATED: 'x',
  })
  expect(settings).toEqual({
    apiKey: 'key',
    amberfloUrl: 'http://127.0.0.1:8788',
    origins: ['https://a.example', 'https://b.example'],
    tokenSecret: 'https://id.example/jwks',
    meters: ['page', 'Api Calls'],
    customers: false,
    allowNegative: true,
    spoolUrl: 'sqlite:spool.db',
    spoolOptions: { maxItems: 10, maxBytes: 20, leaseMs: 3000 },
    limits: {
      bodyBytes: 1000,
      records: 5,
      customers: 2,
      inHand: 3,
      readTimeoutMs: 4000,
      perCustomer: { burst: 100, perSecond: 2.5 },
      perIp: false,
      valuePerDay: 500,
    },
    trustProxy: 1,
    upstreamTimeoutMs: 2000,
    drainMs: 5000,
    logLevel: 'warn',
    host: '127.0.0.1',
    port: 0,
  })
})

it('takes an empty variable for one that is not set', () => {
  expect(readEnvironment({ PORT: '', COLLECTOR_ORIGINS: '  ' })).toEqual({})
})

it('finds what is misspelt, and leaves what Kubernetes says of a service of that name', () => {
  const known = Object.fromEntries(variables.map(({ name }) => [name, 'x']))
  const services = { COLLECTOR_SERVICE_HOST: '10.0.0.1', COLLECTOR_SERVICE_PORT_HTTP: '80', COLLECTOR_PORT: 'tcp://10.0.0.1:80', COLLECTOR_PORT_80_TCP_ADDR: '10.0.0.1' }
  expect(unknownVariables({ ...known, ...services, PATH: '/bin', HOSTS: 'x' })).toEqual([])
  expect(unknownVariables({ COLLECTOR_ORIGIN: 'https://a.example', COLLECTOR_VALUES_PER_DAY: '5', COLLECTOR_PORT: '80', AMBERFLO_KEY: 'k' })).toEqual(['COLLECTOR_ORIGIN', 'COLLECTOR_VALUES_PER_DAY', 'COLLECTOR_PORT', 'AMBERFLO_KEY'])
})

it.each([
  ['PORT', '70000'],
  ['PORT', 'http'],
  ['PORT', '-1'],
  ['PORT', '1.5'],
  ['COLLECTOR_CUSTOMERS', 'maybe'],
  ['COLLECTOR_RATE_PER_IP', '100'],
  ['COLLECTOR_RATE_PER_CUSTOMER', '0/0'],
  ['COLLECTOR_MAX_RECORDS', '0'],
  ['COLLECTOR_LOG_LEVEL', 'loud'],
  ['COLLECTOR_SPOOL_LEASE_MS', '10'],
])('names %s when it is %s', (name, value) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(ConfigError)
  expect(() => readEnvironment({ [name]: value })).toThrow(new RegExp(`^${name} must be [^\n]+$`))
})

it('says of variables what the collector says of options, in one line', () => {
  const error = asConfigError(new TypeError('createCollector: `limits.bodyBytes` must be a number\nabove 0, not `sqlite:FILE`'))
  expect(error.message).toBe('COLLECTOR_MAX_BODY_BYTES must be a number above 0, not `sqlite:FILE`')
})

it('describes every variable once, each in a line', () => {
  const lines = describeVariables().split('\n')
  expect(lines).toHaveLength(variables.length)
  expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length)
  for (const [index, { name, fallback, help }] of variables.entries()) {
    for (const part of [name, fallback, help]) expect(lines[index]).toContain(part)
  }
})

const defaults = readOptions({ apiKey: 'key', trustClient: true }) as unknown as Record<string, unknown>

it.each(variables.filter(({ option }) => /^limits\.(?!valuePerDay)|^(amberfloUrl|customers|allowNegative|upstreamTimeoutMs)$/.test(option)))('tells the default of $name', ({ option, read, fallback }) => {
  const [outer = '', inner] = option.split('.')
  const value = defaults[outer]
  expect(read(fallback, fallback)).toEqual(inner === undefined ? value : (value as Record<string, unknown>)[inner])
})

it('takes `true` for one proxy', () => {
  expect(readEnvironment({ COLLECTOR_TRUST_PROXY: 'true' }).trustProxy).toBe(1)
})

it('takes a secret with every blank that is in it, and an address without', () => {
  const secretOf = (text: string) => readEnvironment({ COLLECTOR_TOKEN_SECRET: text }).tokenSecret
  expect(secretOf(' a secret\n')).toBe(' a secret\n')
  expect(secretOf(' https://id.example/jwks\n')).toBe('https://id.example/jwks')
  expect(secretOf(' \n')).toBeUndefined()
})
