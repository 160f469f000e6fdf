import { AnalyticsBrowser, type Plugin } from '@segment/analytics-next'
import { amberflo } from 'amberflo-destination'

/** Goes through all that the plugin has to do with Analytics.js; resolves when what became of it is known. */
export async function main(): Promise<void> {
  const usage = amberflo({ collectorUrl: '/usage' })
  const plugin: Plugin = usage
  const analytics = AnalyticsBrowser.load({ writeKey: 'none' }, { integrations: { 'Segment.io': false } })
  // Not awaited, as most pages do it.
  void analytics.register(plugin)
  await analytics.identify('customer-1', { name: 'Ada Lovelace' })
  await analytics.page('Reports')
  await analytics.screen('Settings')
  await analytics.track('Used', { value: 2 })
  await analytics.track('Switched off', { value: 2 }, { integrations: { Amberflo: false } })
  await analytics.track('All switched off', { value: 2 }, { integrations: { All: false } })
  await analytics.track('Switched on', { value: 2 }, { integrations: { All: false, Amberflo: true } })
  await analytics.addDestinationMiddleware('Amberflo', ({ payload, next }) => {
    payload.obj.properties = { ...payload.obj.properties, seen: 'by middleware' }
    next(payload)
  })
  await analytics.track('Seen', { value: 2 })
  await usage.flush()
  await analytics.deregister('Amberflo')
  await analytics.track('Too late', { value: 2 })
}

Object.assign(window, { main })
