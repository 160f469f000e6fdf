import type { Analytics, Plugin, SegmentEvent } from '@segment/analytics-next'

// By the method that takes them, since only that has a name in each version of Analytics.js.
export type Middleware = Parameters<Analytics['addDestinationMiddleware']>[1]
type Facade = Parameters<Middleware>[0]['payload']

/**
 * A plugin that leaves in `ctx.event` the facade of the event, which is what middleware is handed. Its classes are many
 * times the size of this plugin, but analytics-next wraps source middleware with the same ones: a stand-in for
 * `register` catches the wrapping.
 */
const catchWrapping = (analytics: Analytics): Promise<Plugin> =>
  new Promise((resolve, reject) => {
    const wrap: Analytics['addSourceMiddleware'] = analytics.constructor.prototype.addSourceMiddleware
    wrap
      .call({ __proto__: analytics, register: resolve } as never, ({ payload, next }) => next({ obj: payload } as never))
      .catch(reject)
  })

/** What runs before a destination, for this destination only. */
export const createMiddleware = (integration: string, loaded: Promise<Analytics>) => {
  const chain: Middleware[] = []
  let wrapping: Promise<Plugin> | undefined
  return {
    add(...middleware: Middleware[]): void {
      chain.push(...middleware)
      wrapping ??= loaded.then(catchWrapping)
    },
    /**
     * The event as the chain passes it on; `undefined` if one dropped it. The event itself is not touched.
     * @throws what a middleware throws
     */
    async run(event: SegmentEvent | undefined): Promise<SegmentEvent | undefined> {
      for (const run of chain) {
        if (!event) break
        const ctx = { event } as { event: unknown }
        await (await wrapping)!.track!(ctx as never)
        const payload = ctx.event as Facade
        // A copy, to all depths: what it changes is this destination's alone.
        payload.obj = payload.rawEvent() as SegmentEvent
        event = undefined
        await run({ payload, integration, next: (passed) => (event = passed?.obj) })
      }
      return event
    },
  }
}
