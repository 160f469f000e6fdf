import type { AnalyticsBrowser, Context } from '@segment/analytics-next'
import type { AmberfloSettings, MeterRecord } from '../../src/index.js'
import type { Page } from '../engines/index.js'
import { bundled } from './support/bundled.js'
import { useChromium } from './support/browser.js'
import type { Site } from './support/site.js'
import { until } from './support/until.js'

jest.setTimeout(60_000)

const { open, site } = useChromium()

type Way = 'by hand' | 'by remotePlugins'
type Integrations = Record<string, boolean | object>

const html = (...scripts: string[]): string =>
  `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">${scripts.join('')}</head><body></body></html>`

/** Analytics.js alone: remotePlugins bring the CDN bundle themselves. */
const pages = {
  '/remote': html('<script src="/analytics-next.js"></script>'),
  '/consent': html(
    `<script>${bundled("import { createWrapper } from '@segment/analytics-consent-tools'; window.createWrapper = createWrapper")}</script>`,
    '<script src="/analytics-next.js"></script><script src="/amberflo.min.js"></script>',
  ),
}

/** Starts Analytics.js in a page, with the plugin, in one of two ways. */
const start = (page: Page, way: Way, settings: AmberfloSettings, integrations: Integrations = {}) =>
  page.evaluate(
    async (way, settings, integrations) => {
      const remotePlugins = [{ name: 'Amberflo', libraryName: 'amberfloDestination', url: '/amberflo.min.js', settings }]
      const cdnSettings = {
        metrics: { sampleRate: 0 },
        // Analytics.js merges a page's settings of an integration only into what the CDN knows of it.
        ...(way === 'by hand' ? { integrations: {} } : { integrations: { Amberflo: {} }, remotePlugins }),
      }
      const analytics = (window.analytics = new window.AnalyticsNext.AnalyticsBrowser())
      // This one comes before anything has loaded.
      void analytics.track('Used', {}, { messageId: 'before-load', userId: 'u' })
      if (way === 'by hand') void analytics.register(window.amberfloDestination(settings))
      analytics.load({ writeKey: 'w', cdnSettings } as never, { integrations: { ...integrations, 'Segment.io': false } })
      await analytics.ready()
    },
    way,
    settings,
    integrations,
  )

const track = (page: Page, id: string, integrations: Integrations = {}, properties = {}) =>
  page.evaluate(
    (id, integrations, properties) =>
      window.analytics.track('Used', properties, { messageId: id, userId: 'u', integrations } as never).then(({ event }: Context) => event.properties),
    id,
    integrations,
    properties,
  )

/** The records that came, once `last` has. */
const recordsUntil = async (shop: Site, last: string): Promise<MeterRecord[]> =>
  until(() => shop.records(), (records) => records.some(({ uniqueId }) => uniqueId === last))
const idsOf = (records: MeterRecord[]): string[] => records.map(({ uniqueId }) => uniqueId).sort()

const begin = async (way: Way, given: Partial<AmberfloSettings> = {}, integrations: Integrations = {}) => {
  const shop = await site({ where: 'same origin', pages })
  const page = await open(shop.page(way === 'by hand' ? '/' : '/remote'))
  await start(page, way, { collectorUrl: shop.collectorUrl, ...given }, integrations)
  return { shop, page }
}

const switches: [Integrations, boolean][] = [
  [{}, true],
  [{ Amberflo: true }, true],
  [{ Amberflo: false }, false],
  [{ All: false }, false],
  [{ All: false, Amberflo: true }, true],
]

describe.each<Way>(['by hand', 'by remotePlugins'])('registered %s', (way) => {
  it('follows integrations of a call', async () => {
    const { shop, page } = await begin(way)
    for (const [n, [integrations]] of switches.entries()) await track(page, `call-${n}`, integrations)
    await track(page, 'last')
    const ids = idsOf(await recordsUntil(shop, 'last'))
    expect(ids).toEqual(['before-load', ...switches.flatMap(([, takes], n) => (takes ? [`call-${n}`] : [])), 'last'].sort())
  })

  it.each(switches)('follows integrations %j at load', async (integrations, takes) => {
    const { shop, page } = await begin(way, {}, integrations)
    await track(page, 'by-load')
    if (takes) expect(idsOf(await recordsUntil(shop, 'by-load'))).toEqual(['before-load', 'by-load'])
    else {
      await page.goto(shop.page('/elsewhere'))
      expect(await shop.records()).toEqual([])
    }
  })

  it('runs destination middleware', async () => {
    const { shop, page } = await begin(way)
    await page.evaluate(() =>
      (window.analytics as AnalyticsBrowser).addDestinationMiddleware('Amberflo', ({ payload, integration, next }) => {
        if (payload.obj.properties?.['secret']) return next(null)
        payload.obj.properties = { ...payload.obj.properties, by: `${integration} ${payload.type()}` }
        next(payload)
      }),
    )
    await track(page, 'dropped', {}, { secret: true })
    await track(page, 'changed', {}, { region: 'eu' })
    const records = await recordsUntil(shop, 'changed')
    expect(idsOf(records)).toEqual(['before-load', 'changed'])
    expect(records.find(({ uniqueId }) => uniqueId === 'changed')).toMatchObject({ dimensions: { region: 'eu', by: 'Amberflo track' } })
  })

  it('is gone with deregister, and loses nothing by reset', async () => {
    const { shop, page } = await begin(way)
    await page.evaluate(async () => {
      await window.analytics.identify('u1')
      await window.analytics.track('Used', {}, { messageId: 'mine' })
      void window.analytics.reset()
      await window.analytics.track('Used', {}, { messageId: 'nobodys' })
    })
    const records = await recordsUntil(shop, 'nobodys')
    expect(idsOf(records)).toEqual(['before-load', 'mine', 'nobodys'])
    expect(records.find(({ uniqueId }) => uniqueId === 'mine')).toMatchObject({ customerId: 'u1' })
    expect(records.find(({ uniqueId }) => uniqueId === 'nobodys')!.customerId).not.toBe('u1')
    await page.evaluate(() => window.analytics.deregister('Amberflo'))
    await track(page, 'too-late')
    await page.goto(shop.page('/elsewhere'))
    expect(await shop.records()).toHaveLength(3)
  })

  it('takes the page\'s group', async () => {
    const { shop, page } = await begin(way, { customerId: 'groupId' })
    await page.evaluate(() => window.analytics.group('g1', { name: 'Initech' }))
    await track(page, 'grouped')
    const records = await recordsUntil(shop, 'grouped')
    expect(records.find(({ uniqueId }) => uniqueId === 'grouped')).toMatchObject({ customerId: 'g1' })
  })

  it('runs subscriptions, with nothing but strict policies to allow it', async () => {
    const shop = await site({ where: 'same origin', pages })
    const page = await open(shop.page(way === 'by hand' ? '/' : '/remote', "default-src 'none'; script-src 'self'; connect-src 'self'"))
    await start(page, way, {
      collectorUrl: shop.collectorUrl,
      subscriptions: [{ partnerAction: 'meter', subscribe: 'type = "track"', mapping: { meterApiName: { '@template': 'shop.{{event}}' } } }],
    })
    await track(page, 'subscribed')
    const records = await recordsUntil(shop, 'subscribed')
    expect(records.map(({ uniqueId, meterApiName }) => [uniqueId, meterApiName])).toEqual([
      ['before-load', 'shop.Used'],
      ['subscribed', 'shop.Used'],
    ])
    const globals = await page.evaluate(() => Object.keys(window).filter((name) => /amberflo|webpackChunk.*amberflo/i.test(name)))
    expect(globals).toEqual(['amberfloDestination'])
  })
})

it('takes a remote plugin\'s settings with those of integrations over them', async () => {
  const { shop, page } = await begin('by remotePlugins', { meters: { track: { Used: 'by-cdn' } }, subscriptions: [] }, { Amberflo: { meters: { track: { Used: 'by-page' } } } })
  await track(page, 'merged')
  expect(await recordsUntil(shop, 'merged')).toEqual(
    expect.arrayContaining([expect.objectContaining({ uniqueId: 'merged', meterApiName: 'by-page' })]),
  )
})

it('is two plugins for two instances of Analytics.js on one page', async () => {
  const shop = await site({ where: 'same origin', pages })
  const page = await open(shop.page('/'))
  await page.evaluate(async (collectorUrl) => {
    const instances = ['one', 'two'].map((writeKey) => {
      const analytics = new window.AnalyticsNext.AnalyticsBrowser()
      analytics.load({ writeKey, cdnSettings: { integrations: {} } } as never, { integrations: { 'Segment.io': false } })
      void analytics.register(window.amberfloDestination({ collectorUrl, meters: { track: { Used: writeKey } } }))
      return analytics
    })
    await Promise.all(instances.map((analytics, n) => analytics.track('Used', {}, { messageId: `of-${n}`, userId: `u${n}` })))
  }, shop.collectorUrl)
  const records = await until(() => shop.records(), ({ length }) => length === 2)
  expect(records.map(({ uniqueId, customerId, meterApiName }) => [uniqueId, customerId, meterApiName]).sort()).toEqual([
    ['of-0', 'u0', 'one'],
    ['of-1', 'u1', 'two'],
  ])
})

it('meters only what Segment\'s consent tools say is consented to', async () => {
  const shop = await site({ where: 'same origin', pages })
  const page = await open(shop.page('/consent'))
  const outcome = await page.evaluate(async (collectorUrl) => {
    const { createWrapper, AnalyticsNext, amberfloDestination } = window as unknown as typeof window & { createWrapper: (settings: object) => (analytics: object) => void }
    let granted = false
    const reasons: unknown[] = []
    const analytics = new AnalyticsNext.AnalyticsBrowser()
    createWrapper({
      shouldLoadSegment: (ctx: { load(options: object): void }) => ctx.load({ consentModel: 'opt-out' }),
      getCategories: () => ({ Usage: granted, Ads: false }),
    })(analytics)
    void analytics.register(amberfloDestination({ collectorUrl, consentCategories: ['Usage'], onReceipt: ({ reason }) => reasons.push(reason) }))
    await analytics.load({ writeKey: 'w', cdnSettings: { integrations: {} } } as never, { integrations: { 'Segment.io': false } })
    await analytics.track('Used', {}, { messageId: 'refused', userId: 'u' })
    granted = true
    await analytics.track('Used', {}, { messageId: 'granted', userId: 'u' })
    return reasons
  }, shop.collectorUrl)
  expect(outcome).toEqual(['no_consent'])
  expect(idsOf(await recordsUntil(shop, 'granted'))).toEqual(['granted'])
})
