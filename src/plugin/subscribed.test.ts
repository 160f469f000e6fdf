import { openPage } from './testing/page.js'

const subscriptions = [
  { partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: { '@template': 'app.{{event}}' } } },
  { partnerAction: 'customer', subscribe: 'type = "group"', mapping: { customerId: { '@path': '$.groupId' } } },
]
const runtime = () => import('./subscriptions/index.js')

const originalWarn = console.warn
beforeEach(() => {
  localStorage.clear()
  console.warn = jest.fn()
})
afterEach(() => {
  jest.useRealTimers()
  console.warn = originalWarn
})

it('replaces the built-in routing', async () => {
  const { analytics, beacon, bodies } = await openPage({ subscriptions, dimensions: { deny: ['secret'] } })
  await analytics.page('Home')
  await analytics.identify('u1', { name: 'Ann' })
  await analytics.track('Call', { value: '3', path: 'a/b', secret: 1 })
  await analytics.group('g1', { name: 'Initech' })
  expect(bodies()).toMatchObject([
    { meterApiName: 'app.Call', meterValue: 3, customerId: 'u1', dimensions: { path: 'a_b' } },
    { customerId: 'g1', customerName: 'Initech' },
  ])
  expect(bodies()[0].dimensions).not.toHaveProperty('secret')
  expect(beacon.items.map(({ kind }) => kind)).toEqual(['records', 'customers'])
})

it('says that no subscription takes an event', async () => {
  const { analytics } = await openPage({ subscriptions })
  const ctx = await analytics.page('Home')
  expect(ctx.logs().map(({ message }) => message)).toContain(`Amberflo: ${ctx.event.messageId} is not metered`)
})

it('is not loaded without subscriptions', async () => {
  const load = jest.fn(runtime)
  const { analytics, beacon } = await openPage({ subscriptions: [] }, {}, load)
  await analytics.track('A')
  expect(load).not.toHaveBeenCalled()
  expect(beacon.items).toHaveLength(1)
})

it('refuses what is not consented to, or wrong, with a reason', async () => {
  const { analytics, receipts } = await openPage({ subscriptions, consentCategories: ['Usage'] })
  await analytics.track('A')
  await analytics.track('A', { value: 'x' })
  const broken = await openPage({ subscriptions: [{ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: { '@template': 5 } } }] })
  await broken.analytics.track('A')
  expect(receipts.map(({ reason }) => reason)).toEqual(['no_consent', 'bad_value'])
  expect(broken.receipts).toMatchObject([{ outcome: 'rejected', reason: 'threw' }])
})

it('keeps events waiting, in their order, while the runtime does not come', async () => {
  let isUp = false
  const attempts: number[] = []
  const { analytics, plugin, beacon, bodies } = await openPage({ subscriptions }, {}, async (attempt) => {
    attempts.push(attempt)
    if (!isUp) throw new Error('offline')
    return runtime()
  })
  await Promise.all(['A', 'B'].map((name) => analytics.track(name)))
  const late = analytics.track('C')
  let isFlushed = false
  const flushed = plugin.flush().then(() => (isFlushed = true))
  await late
  expect([beacon.items, isFlushed]).toEqual([[], false])
  isUp = true
  await flushed
  await analytics.track('D')
  expect(bodies().map(({ meterApiName }) => meterApiName)).toEqual(['app.A', 'app.B', 'app.C', 'app.D'])
  expect(attempts.slice(0, 2)).toEqual([0, 1])
  expect(console.warn).toHaveBeenCalledWith('Amberflo: subscriptions failed: Error: offline')
}, 15_000)

it('is not waited for by the end of the plugin', async () => {
  const { analytics, beacon } = await openPage({ subscriptions }, {}, () => new Promise(() => {}))
  await analytics.track('A')
  await analytics.deregister('Amberflo')
  expect(beacon.closed()).toBe(1)
})

it('reports a subscription that can never run', async () => {
  await openPage({ subscriptions: [{ partnerAction: 'meter', subscribe: '((' }] })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(console.warn).toHaveBeenCalledWith(expect.stringMatching(/^Amberflo: the subscription '\(\(' never runs: /))
})
