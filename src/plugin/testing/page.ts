import { AnalyticsBrowser, type AnalyticsBrowserSettings } from '@segment/analytics-next'
import type { Beacon, BeaconOptions, Fate, Item } from '../../beacon/index.js'
import { createFactory, type LoadRuntime } from '../amberflo.js'
import type { AmberfloSettings, Receipt } from '../types.js'

/** A beacon that keeps what it is given, and settles it when told to. */
export const fakeBeacon = () => {
  const items: Item[] = []
  /** Whom a token came for, and which. */
  const wakes: [key: string, proof?: string | undefined][] = []
  let options: BeaconOptions | undefined
  let opened = 0
  let closed = 0
  let flushed = 0
  let isRefusing = false
  const create = (given: BeaconOptions): Beacon => {
    options = given
    opened++
    return {
      async put(item) {
        if (isRefusing) settle({ batchId: '', uniqueIds: [item.id], outcome: 'rejected', reason: 'too_large' })
        else items.push({ ...item, proof: options!.proofOf?.(item.key) })
      },
      async flush() {
        const uniqueIds = items.slice(flushed).map(({ id }) => id)
        flushed = items.length
        if (uniqueIds[0]) settle({ uniqueIds })
      },
      wake(key) {
        wakes.push([key, options!.proofOf?.(key, null)])
      },
      close() {
        closed++
      },
    }
  }
  const settle = (fate: Partial<Fate>): void =>
    options!.onFate({ batchId: 'b1', uniqueIds: items.map(({ id }) => id), outcome: 'accepted', via: 'beacon', ...fate })
  return { create, items, wakes, settle, refuse: () => void (isRefusing = true), options: () => options!, opened: () => opened, closed: () => closed }
}

/** Analytics.js that sends nothing anywhere by itself. */
export const quiet = (writeKey: string) => ({
  settings: { writeKey, cdnSettings: { integrations: {}, metrics: { sampleRate: 0 } } } as unknown as AnalyticsBrowserSettings,
  options: (integrations: Record<string, boolean> = {}) => ({ integrations: { ...integrations, 'Segment.io': false } }),
})

let pages = 0

/** A page with the real Analytics.js, and this plugin over a fake beacon. */
export const openPage = async (
  given: Partial<AmberfloSettings> = {},
  integrations?: Record<string, boolean>,
  load: LoadRuntime = () => import('../subscriptions/index.js'),
) => {
  const beacon = fakeBeacon()
  const receipts: Receipt[] = []
  const plugin = createFactory(beacon.create, load)({
    collectorUrl: '/usage',
    onReceipt: (receipt) => receipts.push(receipt),
    ...given,
  })
  const { settings, options } = quiet(`page ${++pages}`)
  const analytics = AnalyticsBrowser.load(settings, options(integrations))
  await analytics.register(plugin)
  return { analytics, plugin, beacon, receipts, bodies: () => beacon.items.map(({ json }) => JSON.parse(json)) }
}
