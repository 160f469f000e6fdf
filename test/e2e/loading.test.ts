import { useChromium } from './support/browser.js'
import { bundled } from './support/bundled.js'
import { snippet } from './support/snippet.js'
import { until } from './support/until.js'

jest.setTimeout(60_000)

const { open, site } = useChromium()

const html = (...scripts: string[]): string => `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">${scripts.join('')}</head><body></body></html>`

/** The same three events in each way of loading: before anything has loaded, after `register`, and a page view of its own. */
const events = ['before-load', 'after-register']

const ways: Record<string, string> = {
  'npm and AnalyticsBrowser': html(`<script>${bundled(`
    import { AnalyticsBrowser } from '@segment/analytics-next'
    import { amberflo } from './dist/index.js'
    const analytics = new AnalyticsBrowser()
    analytics.track('Used', { value: 2 }, { messageId: 'before-load', userId: 'u' })
    analytics.register(amberflo({ collectorUrl: '/usage' }))
    analytics.track('Used', { value: 2 }, { messageId: 'after-register', userId: 'u' })
    analytics.load({ writeKey: 'write-key', cdnSettings: { integrations: {} } }, { integrations: { 'Segment.io': false } })
  `)}</script>`),
  'the snippet and the CDN script': html(
    `<script>${snippet}</script><script src="/amberflo.min.js"></script>`,
    `<script>
      analytics._cdn = location.origin
      analytics.track('Used', { value: 2 }, { messageId: 'before-load', userId: 'u' })
      analytics.register(amberfloDestination({ collectorUrl: '/usage' }))
      analytics.track('Used', { value: 2 }, { messageId: 'after-register', userId: 'u' })
      analytics.load('write-key', { integrations: { 'Segment.io': false } })
    </script>`,
  ),
  'the CDN script and Analytics.js as a script': html(
    '<script src="/analytics-next.js"></script><script src="/amberflo.min.js"></script>',
    `<script>
      const analytics = new AnalyticsNext.AnalyticsBrowser()
      analytics.track('Used', { value: 2 }, { messageId: 'before-load', userId: 'u' })
      analytics.load({ writeKey: 'write-key', cdnSettings: { integrations: {} } }, { integrations: { 'Segment.io': false } })
      analytics.register(amberfloDestination({ collectorUrl: '/usage' })).then(() =>
        analytics.track('Used', { value: 2 }, { messageId: 'after-register', userId: 'u' }))
    </script>`,
  ),
}

/** The third way registers after `load`, when Analytics.js has already handed out what came before it. */
const expectedOf = (way: string): string[] => (way.startsWith('the CDN script') ? ['after-register'] : events)

it.each(Object.keys(ways))('%s: meters from the first event that Analytics.js hands over', async (way) => {
  const shop = await site({ where: 'same origin', pages: { '/way': ways[way]! } })
  await open(shop.page('/way'))
  const records = await until(() => shop.records(), (arrived) => expectedOf(way).every((id) => arrived.some(({ uniqueId }) => uniqueId === id)))
  for (const id of expectedOf(way)) {
    expect(records.filter(({ uniqueId }) => uniqueId === id)).toEqual([
      expect.objectContaining({ uniqueId: id, customerId: 'u', meterApiName: 'Used', meterValue: 2 }),
    ])
  }
})

it('the CDN script adds one global, and nothing on a page with an AMD loader is amiss', async () => {
  const shop = await site({
    where: 'same origin',
    pages: {
      '/globals': html(
        '<script>window.before = Object.keys(window); window.defined = 0; window.define = () => window.defined++; define.amd = {}</script>',
        '<script src="/amberflo.min.js"></script>',
      ),
    },
  })
  const page = await open(shop.page('/globals'))
  const added = await page.evaluate(() => {
    const { before, defined } = window as unknown as { before: string[]; defined: number }
    const names = Object.keys(window).filter((name) => !before.includes(name) && !['before', 'define', 'defined'].includes(name))
    return { names, defined, pluginName: (window.amberfloDestination as unknown as { pluginName: string }).pluginName }
  })
  expect(added).toEqual({ names: ['amberfloDestination'], defined: 0, pluginName: 'Amberflo' })
})
