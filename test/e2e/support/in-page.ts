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
/** The events that Analytics.js has given to the plugin's hook: it keeps each for two turns of the event loop first. */
const handedOver: string[] = []
let plugin: ReturnType<typeof amberflo> | undefined

const warn = console.warn
console.warn = (...args: unknown[]) => {
  warnings.push(args.join(' '))
  warn(...args)
}

/** What most sites write for themselves: a batch every second and on leaving, by a beacon that is forgotten. For comparison. */
function plainBeacon({ collectorUrl }: AmberfloSettings): AnalyticsNext.Plugin {
  let records: object[] = []
  const send = (): void => {
    if (records.length === 0) return
    const batch = Math.random().toString(36).slice(2)
    navigator.sendBeacon(`${collectorUrl}?b=${batch}`, JSON.stringify({ v: 1, batch, sentAt: Date.now(), records }))
    records = []
  }
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && send())
  addEventListener('pagehide', send)
  return {
    name: 'Plain beacon',
    type: 'destination',
    version: '1',
    isLoaded: () => true,
    load: () => Promise.resolve(),
    track(ctx) {
      handedOver.push(ctx.event.messageId!)
      const { messageId, userId, event, properties } = ctx.event
      const { value, ...dimensions } = properties!
      if (records.length === 0) setTimeout(send, 1_000)
      records.push({ uniqueId: messageId, customerId: userId, meterApiName: event, meterValue: value, meterTimeInMillis: Date.now(), dimensions })
      return ctx
    },
  }
}

const shop = {
  receipts,
  warnings,
  handedOver,

  /** Loads Analytics.js without Segment's own destinations, and registers the plugin. `tokenUrl` answers with a token. */
  async start({ tokenUrl, plain, ...settings }: AmberfloSettings & { tokenUrl?: string; plain?: boolean }): Promise<void> {
    window.analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: 'write-key', cdnSettings }, { integrations: { 'Segment.io': false } })
    if (plain) return void (await window.analytics.register(plainBeacon(settings)))
    const amberflo = window.amberfloDestination({
      ...settings,
      ...(tokenUrl && { token: async () => (await fetch(tokenUrl)).text() }),
      onReceipt: (receipt) => receipts.push(receipt),
    })
    const track = amberflo.track
    amberflo.track = (ctx) => {
      handedOver.push(ctx.event.messageId!)
      return track(ctx)
    }
    plugin = amberflo
    await window.analytics.register(amberflo)
  },

  /** Tracks one event for each id in this turn; resolves when all hooks have. */
  async track(ids: string[], properties: Record<string, unknown> = {}): Promise<void> {
    await Promise.all(ids.map((messageId) =>
      window.analytics.track('Used', { value: 1, ...properties }, { messageId, userId: 'some_user_id' })))
  },

  /** In a task of this page's own: tracks, and closes the window. */
  trackAndClose(ids: string[]): void {
    setTimeout(() => {
      void shop.track(ids)
      window.close()
    })
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
