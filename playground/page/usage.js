/** Analytics.js with the Amberflo destination, as a site would set it up. */

/** Where the collector listens: a path of this origin, that the server passes on. */
export const COLLECTOR = '/usage'

/**
 * @param {{ onEvent(event): void, onDone(id: string, log: string[]): void, onReceipt(receipt): void }} listener
 *   `onDone` comes when the call's promise resolves, with what the destination wrote to the event's log
 */
export function loadAnalytics({ onEvent, onDone, onReceipt }) {
  const analytics = new window.AnalyticsNext.AnalyticsBrowser()
  const customer = () => analytics.instance?.user().id() ?? analytics.instance?.user().anonymousId()

  const token = async () => {
    await analytics
    const response = await fetch(`/token?customer=${encodeURIComponent(customer())}`)
    if (!response.ok) throw new Error(`no token: ${response.status}`)
    return response.text()
  }

  analytics.addSourceMiddleware(({ payload, next }) => {
    onEvent(structuredClone(payload.obj))
    next(payload)
  })
  analytics.register(window.amberfloDestination({ collectorUrl: COLLECTOR, token, onReceipt, debug: true }))
  // No settings from a CDN, and nothing to Segment itself: this page talks to its own server only.
  analytics.load({ writeKey: 'playground', cdnSettings: { integrations: {}, metrics: { sampleRate: 0 } } }, { integrations: { 'Segment.io': false } })

  async function call(method, ...args) {
    const ctx = await analytics[method](...args)
    const lines = ctx.logs().map(({ message }) => message)
    onDone(ctx.event.messageId, lines.filter((line) => line.startsWith('Amberflo: ')).map((line) => line.slice(10)))
  }

  // The first thing that every site's snippet does.
  void call('page')
  return { analytics, customer, call }
}
