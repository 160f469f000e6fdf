import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useChromium } from './support/browser.js'
import type { Where } from './support/site.js'
import { until } from './support/until.js'

jest.setTimeout(60_000)

interface SegmentCall {
  type: 'identify' | 'page' | 'screen' | 'track'
  name?: string
  event?: string
  userId: string
  properties?: object
  traits?: object
  messageId: string
  timestamp: string
  anonymousId: string
}

interface Fixture {
  event: SegmentCall
  record?: unknown
  customer?: unknown
}

const fixtures = ['identify', 'page', 'screen', 'track'].map(
  (name) => JSON.parse(readFileSync(join(process.cwd(), `test/fixtures/${name}.json`), 'utf8')) as Fixture,
)

/** The fixtures are of 2021, too long ago for a collector of today: there, the browser and the collector live a minute later. */
const backMs = Date.parse(fixtures[0]!.event.timestamp) + 60_000 - Date.now()

/** Runs in the page: the call of Analytics.js that makes exactly this event. */
async function call({ type, name, event, userId, properties, traits, ...own }: SegmentCall): Promise<void> {
  const options = { ...own, userId }
  if (type === 'identify') await window.analytics.identify(userId, traits, own)
  else if (type === 'track') await window.analytics.track(event!, properties, options)
  else await window.analytics[type](undefined, name, properties, options)
}

describe.each<Where>(['same origin', 'cross origin'])('a collector at the %s', (where) => {
  const { open, site } = useChromium()

  it('gets what Amberflo documents for each of the four calls, each in one beacon without a preflight', async () => {
    const shop = await site({ where, collector: { now: () => Date.now() + backMs } })
    const page = await open(shop.page())
    await page.evaluate((backMs: number, collectorUrl: string) => {
      window.shop.shiftClock(backMs)
      return window.shop.start({ collectorUrl })
    }, backMs, shop.collectorUrl)
    for (const { event } of fixtures) await page.evaluate(call, event)
    await page.evaluate(() => window.shop.flush())

    const byId = (a: { uniqueId: string }, b: { uniqueId: string }): number => a.uniqueId.localeCompare(b.uniqueId)
    const expected = fixtures.flatMap(({ record }) => (record ? [record as { uniqueId: string }] : [])).sort(byId)
    expect((await shop.records()).sort(byId)).toEqual(expected)
    expect(await shop.customers()).toEqual(fixtures.flatMap(({ customer }) => (customer ? [customer] : [])))
    expect(shop.arrivals.map(({ method, via }) => `${method} ${via}`)).toEqual(shop.arrivals.map(() => 'POST beacon'))
    expect(await page.evaluate(() => window.shop.receipts.map(({ outcome, via }) => `${outcome} ${via}`))).toEqual(shop.arrivals.map(() => 'accepted beacon'))
  })

  it('gets 50 events that are tracked just before the page navigates away', async () => {
    const shop = await site({ where })
    const page = await open(shop.page())
    const ids = Array.from({ length: 50 }, (_, index) => `leaving-${index}`)
    await page.evaluate((collectorUrl) => window.shop.start({ collectorUrl }), shop.collectorUrl)
    await page.evaluate((ids: string[], elsewhere: string) => {
      void window.shop.track(ids)
      location.href = elsewhere
    }, ids, shop.page('/elsewhere'))
    await until(async () => (await shop.records()).map(({ uniqueId }) => uniqueId).sort(), (arrived) => arrived.length >= ids.length)
    expect((await shop.records()).map(({ uniqueId }) => uniqueId).sort()).toEqual([...ids].sort())
  })
})
