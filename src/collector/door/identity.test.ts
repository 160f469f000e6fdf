import type { CollectorEvent } from '../events.js'
import { fromRequest } from '../web.js'
import { createIdentity } from './identity.js'
import type { Authenticate } from './identity.js'
import { mintToken } from './token.js'

const secret = 'a secret of at least thirty-two bytes'
const page = { origin: 'https://www.example.com', site: 'same-site' }
const request = new Request('https://usage.example.com/', { method: 'POST', headers: { cookie: 'session=1' } })
const bob: Authenticate = (asked) => (asked.headers.get('cookie') === 'session=1' ? { customerId: 'bob' } : null)

let events: CollectorEvent[]
beforeEach(() => (events = []))

function identify(configured: { tokenSecret?: string; authenticate?: Authenticate }, token: string | null, sender: { origin: string | null; site: string | null } = page, asked = request) {
  const ask = createIdentity({ ...configured, now: Date.now, observe: (event) => events.push(event) })
  return ask(fromRequest(asked), token, sender).then(
    (proof) => proof?.customerId ?? 'believed',
    (error: { code?: string }) => error.code,
  )
}

const both = { tokenSecret: secret, authenticate: bob }

test.each<[string, Parameters<typeof identify>[0], 'good' | 'bad' | null, string]>([
  ['a token is asked for and given', { tokenSecret: secret }, 'good', 'ada'],
  ['a token is asked for and wrong', { tokenSecret: secret }, 'bad', 'bad_token'],
  ['a token is asked for and missing', { tokenSecret: secret }, null, 'no_proof'],
  ['a token wins over the session', both, 'good', 'ada'],
  ['a wrong token is not mended by a session', both, 'bad', 'bad_token'],
  ['a session stands in for a missing token', both, null, 'bob'],
  ['a session alone', { authenticate: bob }, null, 'bob'],
  ['a token that nobody can check says nothing', { authenticate: bob }, 'good', 'bob'],
  ['nothing is asked for', {}, null, 'believed'],
])('%s', async (_, configured, kind, expected) => {
  const token = kind === 'good' ? await mintToken({ secret, customerId: 'ada' }) : kind === 'bad' ? 'x.y.z' : null
  expect(await identify(configured, token)).toBe(expected)
})

test.each([
  ['no origin', { origin: null, site: null }],
  ['no page behind it', { origin: 'https://www.example.com', site: 'none' }],
])('a session is no proof with %s', async (_, sender) => {
  expect(await identify({ authenticate: bob }, null, sender)).toBe('origin_not_allowed')
  expect(await identify(both, null, sender)).toBe('origin_not_allowed')
})

test.each([[['page', 'screen']], [undefined]])('a session proves its customer, under the meters that it names: %j', async (meters) => {
  const ask = createIdentity({ authenticate: () => ({ customerId: 'bob', meters }), now: Date.now, observe: () => undefined })
  expect(await ask(fromRequest(request), null, page)).toEqual({ customerId: 'bob', ...(meters && { meters }) })
})

test('nobody’s session is 401', async () => {
  expect(await identify({ authenticate: bob }, null, page, new Request('https://usage.example.com/', { method: 'POST' }))).toBe('no_session')
  for (const nobody of [undefined, null, false, 0, ''] as const) expect(await identify({ authenticate: () => nobody }, null)).toBe('no_session')
})

test.each<[string, Authenticate]>([
  ['throws', () => { throw new Error('database is down, password hunter2') }],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['names nobody', () => ({ customerId: '' })],
  ['names meters that are no list', () => ({ customerId: 'bob', meters: 'page' as never })],
  ['names meters by an empty text', () => ({ customerId: 'bob', meters: '' as never })],
  ['names no string', () => ({ customerId: 5 as never })],
])('an `authenticate` that %s is our trouble, and says nothing of why', async (_, authenticate) => {
  expect(await identify({ authenticate }, null)).toBe('identity_unavailable')
  expect(events).toEqual([{ type: 'alarm', alarm: 'authenticate_failed', detail: {} }])
})

test('an `authenticate` that never settles is given up', async () => {
  jest.useFakeTimers()
  const answered = identify({ authenticate: () => new Promise(() => undefined) }, null)
  await jest.advanceTimersByTimeAsync(10_000)
  jest.useRealTimers()
  expect(await answered).toBe('identity_unavailable')
  expect(events).toEqual([{ type: 'alarm', alarm: 'authenticate_failed', detail: {} }])
})
