import { readFileSync } from 'node:fs'
import type { AmberfloSettings } from '../../src/index.js'
import { useChromium } from '../e2e/support/browser.js'
import { bundled } from '../e2e/support/bundled.js'
import { until } from '../e2e/support/until.js'

jest.setTimeout(90_000)

const { open, site } = useChromium()
const integrity = (JSON.parse(readFileSync('dist/cdn/integrity.json', 'utf8')) as Record<string, string>)['amberflo.min.js']!

/** Analytics.js and the page's own code, as an application's bundler makes them one script. */
const app = bundled(`
  import { AnalyticsBrowser } from '@segment/analytics-next'
  const analytics = new AnalyticsBrowser()
  window.start = async (settings) => {
    const plugin = window.amberfloDestination(settings)
    analytics.register(plugin)
    await analytics.load({ writeKey: 'none', cdnSettings: { integrations: {} } }, { integrations: { 'Segment.io': false } })
    await analytics.track('Used', { value: 2 }, { userId: 'u', messageId: 'm1' })
    await plugin.flush()
  }
`)

const page = (hash: string): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Strict</title><link rel="icon" href="data:,">
<script nonce="n0">
  violations = []
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) =>
    violations.push([effectiveDirective, blockedURI, sourceFile]))
</script>
<script src="/amberflo.min.js" integrity="${hash}" crossorigin="anonymous"></script>
<script nonce="n0">${app}</script>
</head><body></body></html>`

/** Segment's mapping of a track event to the action's fields. */
const mapped = {
  uniqueId: { '@path': '$.messageId' },
  customerId: { '@path': '$.userId' },
  meterApiName: { '@template': 'from {{event}}' },
  meterValue: { '@path': '$.properties.value' },
  meterTimeInMillis: { '@path': '$.timestamp' },
}

interface Strict {
  violations: string[][]
  amberfloDestination: unknown
  start(settings: AmberfloSettings): Promise<void>
}

/** Nothing but what is said: no inline script without the nonce, no `eval`, no text as a script's address or as HTML. */
const policy = (collector: string): string =>
  [
    "default-src 'none'",
    "script-src 'self' 'nonce-n0'",
    `connect-src ${collector}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

it('meters under a strict Content Security Policy with Trusted Types, from a script with its hash', async () => {
  const shop = await site({ where: 'cross origin', pages: { '/strict': page(integrity) } })
  const tab = await open(shop.page('/strict', policy(shop.collectorOrigin)))
  await tab.evaluate((settings) => (window as unknown as Strict).start(settings), { collectorUrl: shop.collectorUrl })
  const records = await until(() => shop.records(), ({ length }) => length > 0)
  expect(records).toEqual([expect.objectContaining({ uniqueId: 'm1', customerId: 'u', meterApiName: 'Used', meterValue: 2 })])
  expect(await tab.evaluate(() => (window as unknown as Strict).violations)).toEqual([])
})

it('meters where only the page’s own origin may be sent to', async () => {
  const shop = await site({ where: 'same origin', pages: { '/strict': page(integrity) } })
  const tab = await open(shop.page('/strict', policy("'self'")))
  await tab.evaluate((settings) => (window as unknown as Strict).start(settings), { collectorUrl: shop.collectorUrl })
  await until(() => shop.records(), ({ length }) => length === 1)
  expect(await tab.evaluate(() => (window as unknown as Strict).violations)).toEqual([])
})

it('runs subscriptions from a file of its own under the same policy', async () => {
  const shop = await site({ where: 'same origin', pages: { '/strict': page(integrity) } })
  const tab = await open(shop.page('/strict', policy("'self'")))
  const meter = { partnerAction: 'meter', subscribe: 'type = "track"', mapping: mapped }
  await tab.evaluate((settings) => (window as unknown as Strict).start(settings), { collectorUrl: shop.collectorUrl, subscriptions: [meter] })
  const records = await until(() => shop.records(), ({ length }) => length > 0)
  expect(records).toEqual([expect.objectContaining({ uniqueId: 'm1', customerId: 'u', meterApiName: 'from Used', meterValue: 2 })])
  expect(await tab.evaluate(() => (window as unknown as Strict).violations)).toEqual([])
})

it('is not run where the hash is another file’s', async () => {
  const other = `sha384-${Buffer.alloc(48).toString('base64')}`
  const shop = await site({ where: 'same origin', pages: { '/strict': page(other) } })
  const tab = await open(shop.page('/strict', policy("'self'")))
  expect(await tab.evaluate(() => typeof (window as unknown as Strict).amberfloDestination)).toBe('undefined')
})

it('has neither `eval` nor code made of text', () => {
  for (const file of ['dist/cdn/amberflo.min.js', 'dist/index.js']) {
    expect(readFileSync(file, 'utf8')).not.toMatch(/\beval\(|new Function\b|\bFunction\(|innerHTML|document\.write|insertAdjacentHTML/)
  }
})
