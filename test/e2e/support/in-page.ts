/** What tests call inside a page: `shop.start(…)`, then `shop.track(…)`. Compiled and served as it is. */
import type * as AnalyticsNext from '@segment/analytics-next'
import type { amberflo, AmberfloSettings, Receipt } from '../../../src/index.js'

declare global {
  interface Window {
    AnalyticsNext: typeof AnalyticsNext
    amberfloDestination: typeof amberflo
    analytics: AnalyticsNext.AnalyticsBrowser
    shop: typeof shop
  }
}

// No settings from Segment's CDN, and below not even Segment's own destination: nothing goes to the internet.
const cdnSettings = { integrations: {} } as AnalyticsNext.CDNSettings

const receipts: Receipt[] = []
const warnings: string[] = []
let plugin: ReturnType<typeof amberflo> | undefined

const warn = console.warn
console.warn = (...args: unknown[]) => {
  warnings.push(args.join(' '))
  warn(...args)
}

const shop = {
  receipts,
  warnings,

  /** Loads Analytics.js without Segment's own destinations, and registers the plugin. `tokenUrl` answers with a token. */
  async start({ tokenUrl, ...settings }: AmberfloSettings & { tokenUrl?: string }): Promise<void> {
    window.analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: 'write-key', cdnSettings }, { integrations: { 'Segment.io': false } })
    plugin = window.amberfloDestination({
      ...settings,
      ...(tokenUrl && { token: async () => (await fetch(tokenUrl)).text() }),
      onReceipt: (receipt) => receipts.push(receipt),
    })
    await window.analytics.register(plugin)
  },

  /** Tracks one event for each id in this turn; resolves when all hooks have. */
  async track(ids: string[], properties: Record<string, unknown> = {}): Promise<void> {
    await Promise.all(ids.map((messageId) =>
      window.analytics.track('Used', { value: 1, ...properties }, { messageId, userId: 'some_user_id' })))
  },

  flush: async (): Promise<void> => plugin?.flush(),

  /** Sets the page's clock; time goes on from there. */
  shiftClock(byMs: number): void {
    const RealDate = Date
    const shifted = (): number => RealDate.now() + byMs
    window.Date = new Proxy(RealDate, {
      construct: (target, args: [], newTarget) => Reflect.construct(target, args.length ? args : [shifted()], newTarget) as Date,
      get: (target, name) => (name === 'now' ? shifted : (Reflect.get(target, name) as unknown)),
    })
  },
}
window.shop = shop
