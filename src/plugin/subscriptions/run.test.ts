import type { Analytics, SegmentEvent } from '@segment/analytics-next'
import fc from 'fast-check'
import { toCustomer, toRecord } from '../../mapping/index.js'
import { route } from '../routing.js'
import { readSettings } from '../settings.js'
import type { ActionSubscription } from '../types.js'
import { definition } from './definition.js'
import { createRunner } from './run.js'

const analytics = {} as Analytics
const track = { type: 'track', event: 'A', messageId: 'm1', userId: 'u1', timestamp: new Date(5), properties: { value: 2, a: { b: 1 } } } as SegmentEvent

const yieldsOf = async (subscriptions: ActionSubscription[], event: SegmentEvent) => {
  const reports: string[] = []
  const report = (message: string) => reports.push(message)
  const yields = await createRunner(subscriptions, analytics, report)(event, report)
  return { yields, reports }
}

describe('the presets', () => {
  const presets = definition.presets as unknown as ActionSubscription[]
  const settings = readSettings({ collectorUrl: '/usage' }, () => {})
  const runner = createRunner(presets, analytics, () => {})

  /** What arrives by either way: a payload, or a reason for none. */
  const bothWays = async (event: SegmentEvent) => {
    const routed = route(event, settings, () => undefined)
    const yields = await runner(event, (message) => { throw new Error(message) })
    return {
      built: routed ? [routed] : [],
      run: yields.map(([action, fields]) => (action === 'meter' ? toRecord(fields, settings.dimensions, Date.now()) : toCustomer(fields))),
    }
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
  const id = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }), { nil: undefined })
  const event = fc.record(
    {
      type: fc.constantFrom('track', 'page', 'screen', 'identify', 'group', 'alias'),
      messageId: fc.uuid(),
      timestamp: fc.oneof(fc.date({ noInvalidDate: true }), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.nat()),
      userId: id,
      anonymousId: id,
      event: fc.string({ unit: 'grapheme', maxLength: 12 }),
      // Analytics.js lets no name of blanks alone through, and mapping-kit cannot tell that it is one.
      name: fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name === '' || name.trim() !== ''), { nil: undefined }),
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
        payloads += built.filter((mapped) => 'value' in mapped).length
      }),
      { numRuns: 5000 },
    )
    jest.useRealTimers()
    expect(payloads).toBeGreaterThan(1000)
  }, 60_000)
})

it('fills in the defaults of fields that a mapping leaves out', async () => {
  const { yields } = await yieldsOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: 'calls' } }], track)
  expect(yields).toEqual([
    [
      'meter',
      {
        uniqueId: 'm1',
        customerId: 'u1',
        meterApiName: 'calls',
        meterValue: 2,
        meterTimeInMillis: new Date(5),
        dimensions: { value: 2, a: { b: 1 } },
      },
    ],
  ])
})

it('runs what subscribes to an event, and only what is enabled', async () => {
  const meter = (subscribe: string, enabled?: boolean) => ({
    partnerAction: 'meter',
    subscribe,
    mapping: { meterApiName: subscribe },
    ...(enabled !== undefined && { enabled }),
  })
  const { yields, reports } = await yieldsOf(
    [
      meter('type = "track"'),
      meter('type = "track"', false),
      meter('event = "B"'),
      meter('type = "track" and properties.value > 1', true),
      meter('contains(event, "A")'),
    ],
    track,
  )
  expect(yields.map(([, fields]) => 'meterApiName' in fields && fields.meterApiName)).toEqual([
    'type = "track"',
    'type = "track" and properties.value > 1',
    'contains(event, "A")',
  ])
  expect(reports).toEqual([])
})

it('runs mapping-kit\'s directives, templates too', async () => {
  const mapping = {
    meterApiName: { '@template': '{{event}} of {{userId}}' },
    meterValue: { '@literal': 7 },
    customerId: { '@case': { operator: 'upper', value: { '@path': '$.userId' } } },
  }
  const { yields } = await yieldsOf([{ partnerAction: 'meter', subscribe: 'type = "track"', mapping }], track)
  expect(yields[0]![1]).toMatchObject({ meterApiName: 'A of u1', meterValue: 7, customerId: 'U1' })
})

it('makes customers of groups, which the built-in routing does not', async () => {
  const group = { type: 'group', groupId: 'g1', traits: { name: 'Initech' } } as unknown as SegmentEvent
  const { yields } = await yieldsOf([{ partnerAction: 'customer', subscribe: 'type = "group"', mapping: { customerId: { '@path': '$.groupId' } } }], group)
  expect(yields).toEqual([['customer', { customerId: 'g1', customerName: 'Initech', traits: { name: 'Initech' } }]])
})

it('dispatches screen events', async () => {
  const screen = { ...track, type: 'screen', name: 'Start' } as SegmentEvent
  expect((await yieldsOf([{ partnerAction: 'meter', subscribe: 'type = "screen"' }], screen)).yields).toHaveLength(1)
})

it('reports what can never run, and lets the rest run', async () => {
  const { yields, reports } = await yieldsOf(
    [
      { partnerAction: 'toString', subscribe: 'type = "track"' },
      { partnerAction: 'meter', subscribe: 'contains(event' },
      { partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: { '@liquid': '{{ event }}' } } },
      { partnerAction: 'meter', subscribe: 'type = "track"' },
    ],
    track,
  )
  expect(yields).toHaveLength(1)
  expect(reports).toEqual([
    "the subscription 'type = \"track\"' never runs: there is no action toString",
    expect.stringContaining("'contains(event' never runs: contains() is missing"),
    expect.stringContaining('the @liquid directive does not work in a browser'),
  ])
})

it('parses each filter once', async () => {
  const { parseFql } = await import('./fql.js')
  expect(parseFql('type = "page"')).toBe(parseFql('type = "page"'))
})
