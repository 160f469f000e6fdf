/** The Analytics.js destination plugin. */
export { createFactory } from './amberflo.js'
export type { ActionSubscription, AmberfloPlugin, AmberfloSettings, Receipt } from './types.js'
