import { createBeacon } from './beacon/index.js'
import { createFactory } from './plugin/index.js'

/**
 * The Analytics.js plugin that meters usage at Amberflo through your collector.
 *
 * @example analytics.register(amberflo({ collectorUrl: 'https://usage.example.com' }))
 * @throws TypeError if a setting is wrong
 */
export const amberflo = /* @__PURE__ */ createFactory(createBeacon, () => import('./plugin/subscriptions/index.js'))

export default amberflo

export type { ActionSubscription, AmberfloPlugin, AmberfloSettings, Receipt } from './plugin/index.js'
export type { Customer, MeterRecord } from './wire/payloads.js'
