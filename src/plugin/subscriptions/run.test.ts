import type { Analytics, SegmentEvent } from '@segment/analytics-next'
import fc from 'fast-check'
import { route } from '../routing.js'
import { readSettings } from '../settings.js'
import type { ActionSubscription } from '../types.js'
import { definition } from './definition.js'
import { parseFql } from './fql.js'
import { createRunner } from './run.js'

const analytics = {} as Analytics
const track = { type: 'track', event: 'A', messageId: 'm1', userId: 'u1', timestamp: new Date(5), properties: { value: 2, a: { b: 1 } } } as SegmentEvent

const settingsOf = (subscriptions: readonly ActionSubscription[]) => readSettings({ collectorUrl: '/usage', subscriptions })

const runOf = async (subscriptions: ActionSubscription[], event: SegmentEvent) => {
  const notes: string[] = []
  const note = (message: string) => notes.push(message)
  const made = await createRunner(settingsOf(subscriptions), analytics, note)(event, note)
  return { made, notes }
}

describe('the presets', () => {
  const presets = definition.presets as unknown as ActionSubscription[]
  const runner = createRunner(settingsOf(presets), analytics, () => {})

  /** What arrives by either way: a payload, or a reason for none. */
  const bothWays = async (event: SegmentEvent) => {
    const routed = route(event, settingsOf([]), () => undefined, () => {})
    return { built: [routed], run: await runner(event, () => {}) }
  }

  const scalar = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('a/b|c', ' ', '', '2.5', 'x'.repeat(300)),
    fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined),
    fc.date({ noInvalidDate: true }),
  )
  const key = fc.oneof(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 }), fc.constantFrom('name', 'value', 'email', 'aflo.cancel', 'a.b', '0'))
    .filter((name) => name !== '__proto__' && !name.startsWith('@'))
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ weight: 4, arbitrary: scalar }, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 4 })),
  }))
  const bag = fc.dictionary(key, value, { maxKeys: 6 })
  // Blanks alone count as no id, and no name, which mapping-kit cannot tell.
  const id = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text === '' || text.trim() !== ''), { nil: undefined })
  const event = fc.record(
    {
      type: fc.constantFrom('track', 'page', 'screen', 'identify', 'group', 'alias'),
      messageId: fc.uuid(),
      timestamp: fc.oneof(fc.date({ noInvalidDate: true }), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.nat()),
      userId: id,
      anonymousId: id,
      event: fc.string({ unit: 'grapheme', maxLength: 12 }),
      name: id,
      properties: fc.oneof(bag, fc.tuple(bag, fc.oneof(scalar, fc.double())).map(([bag, value]) => ({ ...bag, value }))),
      traits: bag,
      context: bag,
    },
    { requiredKeys: ['type', 'messageId', 'timestamp'] },
  )

  it('give the same payloads as the built-in routing', async () => {
    jest.useFakeTimers({ now: 1_700_000_000_000 })
    let payloads = 0
    await fc.assert(
      fc.asyncProperty(event, async (event) => {
        const { built, run } = await bothWays(event as unknown as SegmentEvent)
        expect(run).toEqual(built)
        payloads += built.filter((made) => typeof made === 'object').length
      }),
      { numRuns: 5000 },
    )
    jest.useRealTimers()
    expect(payloads).toBeGreaterThan(1000)
  }, 60_000)
})

const record = { uniqueId: 'm1', customerId: 'u1', meterApiName: 'A', meterValue: 2, meterTimeInMillis: 5, dimensions: { value: '2', 'a.b': '1' } }

it('fills in the defaults of fields that a mapping leaves out', async () => {
  const { made } = await runOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: 'calls' } }], track)
  expect(made).toEqual([{ ...record, meterApiName: 'calls' }])
})

it('runs what subscribes to an event, and only what is enabled', async () => {
  const meter = (subscribe: string, enabled?: boolean) => ({
    partnerAction: 'meter',
    subscribe,
    mapping: { meterApiName: subscribe },
    ...(enabled !== undefined && { enabled }),
  })
  const { made, notes } = await runOf(
    [
      meter('type = "track"'),
      meter('type = "track"', false),
      meter('event = "B"'),
      meter('type = "track" and properties.value > 1', true),
      meter('contains(event, "A")'),
    ],
    track,
  )
  expect(made).toMatchObject([
    { meterApiName: 'type = "track"' },
    { meterApiName: 'type = "track" and properties.value > 1' },
    { meterApiName: 'contains(event, "A")' },
  ])
  expect(notes).toEqual([])
})

it('runs mapping-kit\'s directives, templates too', async () => {
  const mapping = {
    meterApiName: { '@template': '{{event}} of {{userId}}' },
    meterValue: { '@literal': 7 },
    customerId: { '@case': { operator: 'upper', value: { '@path': '$.userId' } } },
  }
  const { made } = await runOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping }], track)
  expect(made).toEqual([{ ...record, meterApiName: 'A of u1', meterValue: 7, customerId: 'U1' }])
})

it('makes customers of groups, which the built-in routing does not', async () => {
  const group = { type: 'group', groupId: 'g1', traits: { name: 'Initech', plan: 'a/b' } } as unknown as SegmentEvent
  const { made } = await runOf([{ partnerAction: 'customer', subscribe: 'type = "group"', mapping: { customerId: { '@path': '$.groupId' } } }], group)
  expect(made).toEqual([{ customerId: 'g1', customerName: 'Initech', traits: { plan: 'a_b' } }])
})

it('prefers the name and the email that a mapping chooses', async () => {
  const identify = { type: 'identify', userId: 'u1', traits: { name: 'Ann', nick: 'Annie', email: 'a@b.c' } } as SegmentEvent
  const mapping = { customerName: { '@path': '$.traits.nick' }, customerEmail: 'other@b.c' }
  const { made } = await runOf([{ partnerAction: 'customer', subscribe: 'type = "identify"', mapping }], identify)
  expect(made).toMatchObject([{ customerId: 'u1', customerName: 'Annie', customerEmail: 'other@b.c' }])
})

it('refuses for the same reasons as everything else', async () => {
  const nobody = { ...track, userId: '' } as SegmentEvent
  const mapping = { customerId: { '@path': '$.userId' } }
  expect((await runOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping }], nobody)).made).toEqual(['no_customer'])
  expect((await runOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterValue: 'many' } }], track)).made).toEqual(['bad_value'])
})

it('gives each record of an event an id of its own', async () => {
  const meter = (meterApiName: string) => ({ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName } })
  const customer = { partnerAction: 'customer', subscribe: 'type = "track"' }
  const { made } = await runOf([meter('Calls'), customer, meter('Bytes'), meter('Bytes'), { ...meter('Own'), mapping: { uniqueId: 'own' } }], track)
  expect(made.map((one) => (one as { uniqueId?: string }).uniqueId)).toEqual(['m1', undefined, 'm1.2', 'm1.3', 'own'])
})

it('leaves out what cannot be walked, as without subscriptions', async () => {
  const loop: Record<string, unknown> = { fine: 'kept' }
  loop['self'] = loop
  const deep = Array.from({ length: 10_000 }).reduce((inner) => ({ inner }), {})
  const properties = {
    value: 2,
    loop,
    deep,
    huge: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [at, at])),
    get thrown() {
      throw new Error('boom')
    },
    proxy: new Proxy({}, { ownKeys: () => { throw new Error('boom') } }),
    list: [{ at: new Date(0) }],
    ...JSON.parse('{ "own": { "__proto__": { "polluted": 1 } } }'),
  }
  const { made, notes } = await runOf([{ partnerAction: 'meter', subscribe: 'type = "track"' }], { ...track, properties } as SegmentEvent)
  expect(made).toMatchObject([{ uniqueId: 'm1', meterValue: 2, dimensions: { 'loop.fine': 'kept', 'list.0.at': '1970-01-01T00:00:00.000Z' } }])
  for (const name of ['loop.self', 'huge', 'thrown', 'proxy']) expect(notes).toContain(`properties.${name}: unreadable, left out`)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

it('does not even read what is too much', async () => {
  const read = jest.fn(Reflect.get)
  const huge = new Proxy(Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [at, at])), { get: read })
  await runOf([{ subscribe: 'type = "track"' }], { ...track, properties: { huge } } as SegmentEvent)
  expect(read).not.toHaveBeenCalled()
})

it('refuses a value that cannot be read, as the routing does', async () => {
  const properties = Object.defineProperty({}, 'value', { enumerable: true, get: () => { throw new Error('boom') } })
  expect((await runOf([{ subscribe: 'type = "track"' }], { ...track, properties } as SegmentEvent)).made).toEqual(['bad_value'])
})

it('tells the action by the fields where none is named', async () => {
  const { made } = await runOf(
    [
      { subscribe: 'type = "track"', mapping: { meterApiName: 'M', meterValue: 3 } },
      { subscribe: 'type = "track"', mapping: { customerName: 'Ann' } },
      { subscribe: 'type = "track"' },
    ],
    track,
  )
  expect(made).toMatchObject([{ meterApiName: 'M', meterValue: 3 }, { customerId: 'u1', customerName: 'Ann' }, { meterApiName: 'A' }])
})

it('dispatches screen events', async () => {
  const screen = { ...track, type: 'screen', name: 'Start' } as SegmentEvent
  expect((await runOf([{ partnerAction: 'meter', subscribe: 'type = "screen"' }], screen)).made).toEqual([record])
})

it('reports what can never run, and lets the rest run', async () => {
  const { made, notes } = await runOf(
    [
      { partnerAction: 'toString', subscribe: 'type = "track"' },
      { partnerAction: 'meter', subscribe: 'contains(event' },
      { partnerAction: 'meter', subscribe: 'typ "track"' },
      { partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: { '@liquid': '{{ event }}' } } },
      { partnerAction: 'meter', subscribe: 'type = "track"' },
    ],
    track,
  )
  expect(made).toEqual(['threw', record])
  expect(notes).toEqual([
    "the subscription 'type = \"track\"' never runs: there is no action 'toString', only meter and customer",
    expect.stringContaining("'contains(event' never runs: contains() is missing"),
    "the subscription 'typ \"track\"' never runs: it is not FQL, such as type = \"track\"",
    expect.stringContaining('the @liquid directive does not work in a browser'),
  ])
})

it('parses each filter once', () => {
  expect(parseFql('type = "page"')).toBe(parseFql('type = "page"'))
})
