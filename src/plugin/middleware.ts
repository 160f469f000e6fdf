import type { Analytics, Context, Plugin, SegmentEvent } from '@segment/analytics-next'

// By the method that takes them, since only that has a name in each version of Analytics.js.
export type Middleware = Parameters<Analytics['addDestinationMiddleware']>[1]

/** A middleware as a plugin, whose hooks leave in `ctx.event` what it passed on, or reject. */
const asPlugin = (run: Middleware, integration: string, analytics: Analytics): Promise<Plugin> =>
  new Promise((resolve, reject) => {
    // Middleware is handed a facade of the event. Its classes are many times the size of this plugin, but analytics-next
    // wraps source middleware in the same ones; a stand-in for `register` catches the wrapping.
    const catcher = Object.create(analytics, { register: { value: resolve } })
    const wrap: Analytics['addSourceMiddleware'] = analytics.constructor.prototype.addSourceMiddleware
    wrap
      .call(catcher, ({ payload, next }) => {
        // A copy, to all depths: what it changes is this destination's alone.
        payload.obj = payload.rawEvent() as SegmentEvent
        return run({ payload, integration, next: (passed) => passed && next(passed) })
      })
      .catch(reject)
  })

/** What runs before a destination, for this destination only. */
export const createMiddleware = (integration: string) => {
  const chain: Middleware[] = []
  let plugins: Promise<Plugin[]> | undefined
  return {
    add(...middleware: Middleware[]): void {
      chain.push(...middleware)
      plugins = undefined
    },
    /**
     * The event as the chain passes it on; `undefined` if one dropped it. The event itself is not touched.
     * @throws what a middleware throws
     */
    async run(event: SegmentEvent, loaded: Promise<Analytics>): Promise<SegmentEvent | undefined> {
      if (!chain.length) return event
      const passed = { event } as Context
      plugins ??= loaded.then((analytics) => Promise.all(chain.map((run) => asPlugin(run, integration, analytics))))
      try {
        for (const plugin of await plugins) await plugin.track!(passed)
        return passed.event
      } catch (error) {
        if ((error as { type?: unknown }).type !== 'middleware_cancellation') throw error
        return undefined
      }
    },
  }
}
