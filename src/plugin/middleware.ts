import type { Analytics, Context, InternalPluginWithAddMiddleware, Plugin, SegmentEvent } from '@segment/analytics-next'

export type Middleware = Parameters<InternalPluginWithAddMiddleware['addMiddleware']>[number]

/** A middleware as a plugin, whose hooks leave in `ctx.event` what it passed on, or reject. */
const asPlugin = (run: Middleware, integration: string, analytics: Analytics): Promise<Plugin> =>
  new Promise((resolve, reject) => {
    // Middleware is handed a facade of the event. Its classes are many times the size of this plugin, but analytics-next
    // wraps source middleware in the same ones; a stand-in for `register` catches the wrapping.
    const catcher = Object.create(analytics, { register: { value: resolve } })
    const wrap: Analytics['addSourceMiddleware'] = analytics.constructor.prototype.addSourceMiddleware
    wrap
      .call(catcher, ({ payload, next }) => run({ payload, integration, next: (passed) => passed && next(passed) }))
      .catch(reject)
  })

/** What runs before a destination, for this destination only. */
export const createMiddleware = (integration: string) => {
  const chain: ((analytics: Analytics) => Promise<Plugin>)[] = []
  return {
    add(...middleware: Middleware[]): void {
      for (const run of middleware) {
        let plugin: Promise<Plugin> | undefined
        chain.push((analytics) => (plugin ??= asPlugin(run, integration, analytics)))
      }
    },
    /**
     * The event as the chain passes it on; `undefined` if one dropped it. The event itself is not touched.
     * @throws what a middleware throws
     */
    async run(event: SegmentEvent, analytics: Analytics): Promise<SegmentEvent | undefined> {
      if (!chain.length) return event
      const copy: Record<string, unknown> = { ...event }
      for (const part of ['properties', 'traits', 'context']) copy[part] &&= { ...copy[part] }
      const passed = { event: copy } as unknown as Context
      try {
        for (const plugin of chain) await (await plugin(analytics)).track!(passed)
      } catch (error) {
        if ((error as { type?: unknown }).type === 'middleware_cancellation') return undefined
        throw error
      }
      return passed.event
    },
  }
}
