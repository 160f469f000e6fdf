import { readFileSync } from 'node:fs'
import { AnalyticsBrowser, Context, type Analytics } from '@segment/analytics-next'
import { createFactory } from './amberflo.js'
import { fakeBeacon, openPage, quiet } from './testing/page.js'

const noRuntime = () => Promise.reject(new Error('not needed'))
const originalWarn = console.warn
beforeEach(() => {
  localStorage.clear()
  for (const name of ['ajs_user_id', 'ajs_anonymous_id', 'ajs_group_id']) document.cookie = `${name}=; max-age=0`
  console.warn = jest.fn()
})
afterEach(() => {
  console.warn = originalWarn
})

describe('the way of an event', () => {
  it('makes records of page, screen and track, and a customer of identify', async () => {
    const { analytics, beacon, bodies } = await openPage()
    await analytics.identify('u1', { name: 'Ann', plan: 'pro' })
    await analytics.page('Home')
    await analytics.screen('Start', { tab: 1 })
    const { event } = await analytics.track('Api Calls', { value: 3, region: 'eu' })

    expect(beacon.items.map(({ kind, key }) => [kind, key])).toEqual([
      ['customers', 'u1'],
      ['records', 'u1'],
      ['records', 'u1'],
      ['records', 'u1'],
    ])
    const [customer, page, screen, track] = bodies()
    expect(customer).toEqual({ customerId: 'u1', customerName: 'Ann', traits: { plan: 'pro' } })
    expect(page).toMatchObject({ meterApiName: 'page', meterValue: 1, dimensions: { name: 'Home' } })
    expect(screen).toMatchObject({ meterApiName: 'screen', dimensions: { name: 'Start', tab: '1' } })
    expect(track).toEqual({
      uniqueId: event.messageId,
      customerId: 'u1',
      meterApiName: 'Api Calls',
      meterValue: 3,
      meterTimeInMillis: new Date(event.timestamp as string).getTime(),
      dimensions: { region: 'eu' },
    })
    expect(beacon.items[3]!.id).toBe(event.messageId)
  })

  it('takes what was tracked before it was registered, and before Analytics.js had loaded', async () => {
    const beacon = fakeBeacon()
    const analytics = new AnalyticsBrowser()
    const early = analytics.track('Early')
    void analytics.register(createFactory(beacon.create, noRuntime)({ collectorUrl: '/usage' }))
    const { settings, options } = quiet('early')
    analytics.load(settings, options())
    await early
    expect(JSON.parse(beacon.items[0]!.json)).toMatchObject({ meterApiName: 'Early' })
  })

  it('takes a hook that is called before load', async () => {
    const beacon = fakeBeacon()
    const plugin = createFactory(beacon.create, noRuntime)({ collectorUrl: '/usage' })
    const ctx = new Context({ type: 'track', event: 'A', messageId: 'm1', anonymousId: 'a1' })
    expect(plugin.isLoaded()).toBe(false)
    expect(await plugin.track(ctx)).toBe(ctx)
    expect(beacon.items).toHaveLength(1)
  })

  it('hands on the address and the limits', async () => {
    const { beacon } = await openPage({ batch: { maxRecords: 7 } })
    expect(beacon.options()).toMatchObject({
      url: '/usage',
      limits: { maxRecords: 7, maxBytes: 49152, maxDelayMs: 1000 },
      proofOf: undefined,
    })
  })

  it('has the name, type and version of the package', async () => {
    const { plugin } = await openPage()
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(plugin).toMatchObject({ name: 'Amberflo', type: 'destination', version })
    expect(plugin.isLoaded()).toBe(true)
  })
})

describe('who pays', () => {
  it('is the anonymous id without a user, or nobody', async () => {
    const metered = await openPage()
    const { event } = await metered.analytics.track('A')
    expect(metered.beacon.items[0]!.key).toBe(event.anonymousId)

    const dropped = await openPage({ anonymousUsage: 'drop' })
    const ctx = await dropped.analytics.track('A')
    expect(dropped.beacon.items).toEqual([])
    expect(dropped.receipts).toEqual([
      { batchId: '', uniqueIds: [ctx.event.messageId], outcome: 'dropped', reason: 'no_customer', via: 'beacon' },
    ])
  })

  it('is the event\'s group, or the page\'s', async () => {
    const { analytics, bodies } = await openPage({ customerId: 'groupId' })
    await analytics.group('g1', { name: 'Initech' })
    await analytics.track('A')
    await analytics.track('A', {}, { context: { groupId: 'g2' } })
    await analytics.track('A', {}, { context: { groupId: '' } })
    expect(bodies().map(({ customerId }) => customerId)).toEqual(['g1', 'g2', 'g1'])
  })

  it('is what the site\'s own function says, for people too', async () => {
    const { analytics, bodies } = await openPage({ customerId: ({ userId }) => userId && `acct-${userId}` })
    await analytics.identify('u1', { name: 'Ann' })
    await analytics.track('A')
    expect(bodies().map(({ customerId }) => customerId)).toEqual(['acct-u1', 'acct-u1'])
  })

  it('of an identify is no anonymous visitor', async () => {
    const { analytics, beacon, receipts } = await openPage({ customerId: () => '' })
    await analytics.identify('u1', { name: 'Ann' })
    expect([beacon.items, receipts]).toMatchObject([[], [{ outcome: 'dropped', reason: 'no_customer' }]])
  })

  it('is nobody when that function gives a promise, rather than the visitor', async () => {
    const { analytics, beacon, receipts } = await openPage({ customerId: (async () => 'acct') as never })
    const ctx = await analytics.track('A')
    expect(beacon.items).toEqual([])
    expect(receipts).toMatchObject([{ outcome: 'rejected', reason: 'threw' }])
    expect(ctx.logs().map(({ message }) => message)).toContain('Amberflo: TypeError: customerId gave an object, expected a string')
  })

  it('is nobody when that function throws, which the page does not feel', async () => {
    const { analytics, beacon, receipts } = await openPage({
      customerId() {
        throw new Error('boom')
      },
    })
    const ctx = await analytics.track('A')
    expect(ctx.failedDelivery()).toBeUndefined()
    expect(beacon.items).toEqual([])
    expect(receipts).toMatchObject([{ outcome: 'rejected', reason: 'threw' }])
    expect(ctx.logs().map(({ message }) => message)).toContain('Amberflo: Error: boom')
  })
})

describe('what is left out', () => {
  it('is silent about what is not metered', async () => {
    const { analytics, beacon, receipts } = await openPage({ meters: { page: false, track: { Noise: false } } })
    await analytics.page()
    await analytics.track('Noise')
    await analytics.group('g1')
    await analytics.identify({ name: 'nobody' })
    expect([beacon.items, receipts]).toEqual([[], []])
  })

  it('refuses values that are no numbers, with a reason', async () => {
    const { analytics, receipts } = await openPage()
    const ctx = await analytics.track('A', { value: 'many' })
    expect(receipts).toMatchObject([{ outcome: 'rejected', reason: 'bad_value', uniqueIds: [ctx.event.messageId] }])
    // Not by any way: it never left.
    expect(ctx.logs().map(({ message }) => message)).toContain(`Amberflo: ${ctx.event.messageId} rejected: bad_value`)
    expect(ctx.stats.metrics.map(({ metric }) => metric)).toContain('amberflo.rejected')
    expect(console.warn).not.toHaveBeenCalled()
  })

  it('refuses what has no id, as wrong', async () => {
    const { plugin, receipts } = await openPage()
    await plugin.track(new Context({ type: 'track', event: 'A', messageId: '', anonymousId: 'a1' }))
    expect(receipts).toMatchObject([{ outcome: 'rejected', reason: 'no_id' }])
  })

  it('waits for consent to every category', async () => {
    const { analytics, beacon, receipts } = await openPage({ consentCategories: ['Billing', 'Usage'] })
    await analytics.track('A')
    await analytics.track('B', {}, { context: { consent: { categoryPreferences: { Billing: true } } } })
    await analytics.track('C', {}, { context: { consent: { categoryPreferences: { Billing: true, Usage: 'true' } } } })
    expect(beacon.items).toEqual([])
    expect(receipts.map(({ outcome, reason }) => [outcome, reason])).toEqual(Array(3).fill(['dropped', 'no_consent']))
    await analytics.track('D', {}, { context: { consent: { categoryPreferences: { Billing: true, Usage: true } } } })
    expect(beacon.items).toHaveLength(1)
  })
})

describe('fates', () => {
  it('come to the receipt, the log and the counters of their event, also late', async () => {
    const { analytics, beacon, receipts } = await openPage()
    const one = await analytics.track('A')
    const two = await analytics.track('B')
    beacon.options().onRetry!([one.event.messageId!])
    beacon.settle({ uniqueIds: [one.event.messageId!] })
    beacon.settle({ uniqueIds: [two.event.messageId!], outcome: 'rejected', reason: 'bad_meter', via: 'fetch' })

    expect(receipts.map(({ outcome }) => outcome)).toEqual(['accepted', 'rejected'])
    const counters = (ctx: typeof one) => ctx.stats.metrics.map(({ metric }) => metric).filter((name) => name.startsWith('amberflo'))
    expect(counters(one)).toEqual(['amberflo.retried', 'amberflo.accepted'])
    expect(counters(two)).toEqual(['amberflo.rejected'])
    expect(two.logs().find(({ level }) => level === 'warn')!.message).toBe(`Amberflo: ${two.event.messageId} rejected by fetch: bad_meter`)
  })

  it('do not let a failing callback out', async () => {
    const failing = jest.fn(() => {
      throw new Error('boom')
    })
    const { analytics, beacon } = await openPage({ onReceipt: failing })
    await analytics.track('A')
    beacon.settle({})
    const rejecting = await openPage({ onReceipt: (async () => Promise.reject(new Error('later'))) as () => void })
    await rejecting.analytics.track('A')
    rejecting.beacon.settle({})
    await new Promise((resolve) => setTimeout(resolve))
    expect(failing).toHaveBeenCalledTimes(1)
    expect(console.warn).toHaveBeenCalledWith('Amberflo: onReceipt failed: Error: boom')
    expect(console.warn).toHaveBeenCalledWith('Amberflo: onReceipt failed: Error: later')
  })

  it('are known when flush resolves', async () => {
    const { analytics, plugin, receipts } = await openPage()
    await analytics.track('A')
    expect(receipts).toEqual([])
    await plugin.flush()
    expect(receipts).toHaveLength(1)
  })

  it('keep an accepted person from being sent again, until something changes', async () => {
    const { analytics, beacon } = await openPage()
    await analytics.identify('u1', { plan: 'pro' })
    await analytics.identify('u1', { plan: 'pro' })
    expect(beacon.items).toHaveLength(2)
    beacon.settle({})
    await analytics.identify('u1', { plan: 'pro' })
    expect(beacon.items).toHaveLength(2)
    await analytics.track('A')
    beacon.settle({})
    await analytics.identify('u1', { plan: 'pro' })
    expect(beacon.items).toHaveLength(3)
    await analytics.identify('u1', { plan: 'free' })
    expect(beacon.items).toHaveLength(4)
  })

  it('do not make a person known who was not accepted', async () => {
    const { analytics, beacon } = await openPage()
    await analytics.identify('u1', { plan: 'pro' })
    beacon.settle({ outcome: 'rejected', reason: 'bad_customer', via: 'fetch' })
    await analytics.identify('u1', { plan: 'pro' })
    expect(beacon.items).toHaveLength(2)
  })

  it('is sent again after another one, whatever of them has been accepted', async () => {
    const { analytics, beacon } = await openPage()
    const identify = (plan: string) => analytics.identify('u1', { plan })
    await identify('free')
    beacon.settle({})
    await identify('pro')
    await identify('free')
    expect(beacon.items).toHaveLength(3)
    // Only now the ones in between are: what was identified last is what is known.
    beacon.settle({})
    await identify('free')
    expect(beacon.items).toHaveLength(3)
    await identify('pro')
    expect(beacon.items).toHaveLength(4)
  })
})

describe('destination middleware', () => {
  it('changes what is metered, and nothing else sees that', async () => {
    const { analytics, bodies } = await openPage()
    await analytics.addDestinationMiddleware('Amberflo', ({ payload, integration, next }) => {
      payload.obj.properties!['via'] = `${integration} ${payload.type()} ${payload.obj.event}`
      next(payload)
    })
    const { event } = await analytics.track('A', { value: 2 })
    expect(bodies()[0]).toMatchObject({ meterValue: 2, dimensions: { via: 'Amberflo track A' } })
    expect(event.properties).toEqual({ value: 2 })
  })

  it('changes nothing else at any depth', async () => {
    const { analytics, bodies } = await openPage()
    await analytics.addDestinationMiddleware('Amberflo', ({ payload, next }) => {
      const { properties, context } = payload.obj
      properties!['user'].name = 'hidden'
      context!.page!.path = '/hidden'
      next(payload)
    })
    const { event } = await analytics.track('A', { user: { name: 'Ann' } }, { context: { page: { path: '/' } } })
    expect(bodies()[0]).toMatchObject({ dimensions: { 'user.name': 'hidden' } })
    expect([event.properties, event.context!.page!.path]).toEqual([{ user: { name: 'Ann' } }, '/'])
  })

  it('runs for a hook that is called before load', async () => {
    const { analytics } = await openPage()
    const beacon = fakeBeacon()
    const plugin = createFactory(beacon.create, noRuntime)({ collectorUrl: '/usage' })
    plugin.addMiddleware(({ payload, next }) => {
      payload.obj.event = 'B'
      next(payload)
    })
    const early = plugin.track(new Context({ type: 'track', event: 'A', messageId: 'm1', anonymousId: 'a1' }))
    const [instance] = await analytics
    await plugin.load(Context.system(), instance)
    await early
    expect(JSON.parse(beacon.items[0]!.json)).toMatchObject({ meterApiName: 'B' })
  })

  it('drops what it does not pass on', async () => {
    const { analytics, beacon, receipts } = await openPage()
    await analytics.addDestinationMiddleware('Amberflo', ({ payload, next }) => next(payload.obj.event === 'A' ? null : payload))
    await analytics.addDestinationMiddleware('*', ({ payload, next }) => (payload.obj.event === 'B' ? undefined : next(payload)))
    for (const name of ['A', 'B', 'C']) await analytics.track(name)
    expect(beacon.items).toHaveLength(1)
    expect(receipts).toEqual([])
  })

  it('that throws has the event refused', async () => {
    const { analytics, beacon, receipts } = await openPage()
    await analytics.addDestinationMiddleware('Amberflo', () => {
      throw new Error('boom')
    })
    await analytics.track('A')
    expect(beacon.items).toEqual([])
    expect(receipts).toMatchObject([{ outcome: 'rejected', reason: 'threw' }])
  })
})

describe('the plugin\'s life', () => {
  it('ends with deregister, and can begin again', async () => {
    const { analytics, plugin, beacon } = await openPage()
    await analytics.deregister('Amberflo')
    expect(beacon.closed()).toBe(1)
    await analytics.track('A')
    expect(beacon.items).toEqual([])
    await analytics.register(plugin)
    await analytics.track('B')
    // What was closed would send nothing.
    expect([beacon.items.length, beacon.opened()]).toEqual([1, 2])
  })

  it('does not end before what is on its way has come', async () => {
    const beacon = fakeBeacon()
    const plugin = createFactory(beacon.create, noRuntime)({ collectorUrl: '/usage' })
    const tracked = plugin.track(new Context({ type: 'track', event: 'A', messageId: 'm1', anonymousId: 'a1' }))
    await plugin.unload!(Context.system(), {} as Analytics)
    await tracked
    // Not a second beacon, which nobody would close.
    expect([beacon.items.length, beacon.closed(), beacon.opened()]).toEqual([1, 1, 1])
  })

  it('leaves a remote plugin the name that its entry has', async () => {
    const { plugin } = await openPage()
    const wrappers = [{ action: plugin, name: 'Usage' }, { action: plugin, name: undefined }, { action: {}, name: undefined }]
    const queue = { plugins: [] as unknown[] }
    let initialize!: () => void
    const on = (_event: string, listener: () => void) => (initialize = listener)
    await plugin.load(Context.system(), { queue, on } as unknown as Analytics)
    // Analytics.js before 1.72.2 lists a plugin only after that.
    queue.plugins = wrappers
    initialize()
    expect(wrappers.map(({ name }) => name)).toEqual(['Usage', 'Amberflo', undefined])
  })

  it.each([
    [{ Amberflo: false }, 0],
    [{ All: false }, 0],
    [{ All: false, Amberflo: true }, 1],
    [{}, 1],
  ])('follows integrations %j, at load and by call', async (integrations, count) => {
    const atLoad = await openPage({}, integrations)
    await atLoad.analytics.track('A')
    expect(atLoad.beacon.items).toHaveLength(count)
    const byCall = await openPage()
    await byCall.analytics.track('A', {}, { integrations })
    expect(byCall.beacon.items).toHaveLength(count)
  })

  it('bills the group of the page when an event was tracked, not when it is delivered', async () => {
    const { analytics, beacon } = await openPage({ customerId: 'groupId' })
    await analytics.group('g1')
    const tracked = analytics.track('Signed Out')
    void analytics.reset()
    await tracked
    await analytics.track('Later', {}, { anonymousId: 'a1' } as never)
    expect(beacon.items.map(({ key }) => key)).toEqual(['g1', expect.not.stringMatching('g1')])
  })

  it('forgets the group of an event after 999 later ones, as not all of them are delivered here', async () => {
    const beacon = fakeBeacon()
    const plugin = createFactory(beacon.create, noRuntime)({ collectorUrl: '/usage', customerId: 'groupId' })
    let group = 'first'
    let dispatched = (_ctx: Context) => {}
    const instance = {
      queue: { plugins: [] },
      on: (_event: string, listener: typeof dispatched) => (dispatched = listener),
      group: () => ({ id: () => group }),
    } as unknown as Analytics
    await plugin.load(Context.system(), instance)
    const events = Array.from({ length: 1_000 }, (_, at) => new Context({ type: 'track', event: 'A', messageId: `m${at}` }))
    events.forEach(dispatched)
    group = 'now'
    for (const ctx of [events[0]!, events[999]!]) await plugin.track(ctx)
    expect(beacon.items.map(({ key }) => key)).toEqual(['now', 'first'])
  })

  it('listens to the page for its group no longer than it is registered', async () => {
    const listeners = new Set<unknown>()
    const instance = {
      queue: { plugins: [] },
      on: (event: string, listener: unknown) => event === 'dispatch_start' && listeners.add(listener),
      off: (_event: string, listener: unknown) => listeners.delete(listener),
    } as unknown as Analytics
    const plugin = createFactory(fakeBeacon().create, noRuntime)({ collectorUrl: '/usage', customerId: 'groupId' })
    await plugin.load(Context.system(), instance)
    expect(listeners.size).toBe(1)
    await plugin.unload!(Context.system(), instance)
    expect(listeners.size).toBe(0)
  })

  it('tells its steps to the console with debug, and only then', async () => {
    const lines: string[] = []
    const original = console.log
    console.log = (line: string) => lines.push(line)
    try {
      await (await openPage()).analytics.track('Quiet')
      expect(lines).toEqual([])
      const { analytics, beacon } = await openPage({ debug: true })
      const { event } = await analytics.track('Loud')
      beacon.settle({})
      await analytics.addDestinationMiddleware('Amberflo', ({ payload, next }) => next(payload.obj.event === 'Dropped' ? null : payload))
      const dropped = await analytics.track('Dropped')
      beacon.refuse()
      const { event: large } = await analytics.track('Large')
      expect(lines).toEqual([
        expect.stringMatching(new RegExp(`^Amberflo: ${event.messageId} is {"uniqueId".*"Loud"`)),
        `Amberflo: ${event.messageId} kept`,
        `Amberflo: ${event.messageId} accepted by beacon: b1`,
        `Amberflo: ${dropped.event.messageId} is not metered`,
        expect.stringMatching(`^Amberflo: ${large.messageId} is {`),
        // And not that it was kept.
      ])
    } finally {
      console.log = original
    }
  })
})

describe('tokens', () => {
  it('go with what was made under them', async () => {
    let n = 0
    const { analytics, beacon } = await openPage({ token: () => `opaque-${++n}` })
    await analytics.identify('u1')
    await analytics.track('A')
    await analytics.identify('u2')
    await analytics.track('A')
    expect(beacon.items.map(({ key, proof }) => [key, proof])).toEqual([
      ['u1', 'opaque-1'],
      ['u1', 'opaque-1'],
      ['u2', undefined],
      ['u2', 'opaque-2'],
    ])
    expect(beacon.wakes).toContainEqual(['u2', 'opaque-2'])
  })

  const page = { queue: { plugins: [] } } as unknown as Analytics

  it('are waited for before a flush, which is done once more for what was refused', async () => {
    const order: string[] = []
    let give!: (token: string) => void
    const beacon = fakeBeacon()
    const plugin = createFactory(
      (options) => ({ ...beacon.create(options), flush: async () => void order.push('flush') }),
      noRuntime,
    )({ collectorUrl: '/usage', token: () => new Promise((resolve) => (give = resolve)) })
    await plugin.load(Context.system(), page)
    const flushed = plugin.flush()
    await new Promise((resolve) => setTimeout(resolve))
    order.push('token')
    give('opaque')
    await flushed
    expect(order).toEqual(['token', 'flush', 'flush'])
    await plugin.unload!(Context.system(), page)
  })

  it('are not asked for once it has ended', async () => {
    jest.useFakeTimers()
    const token = jest.fn(() => Promise.reject(new Error('not now')))
    const plugin = createFactory(fakeBeacon().create, noRuntime)({ collectorUrl: '/usage', token })
    await plugin.load(Context.system(), page)
    await plugin.unload!(Context.system(), page)
    await jest.advanceTimersByTimeAsync(600_000)
    jest.useRealTimers()
    expect(token).toHaveBeenCalledTimes(1)
  })
})
