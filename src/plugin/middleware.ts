import type { Analytics, Plugin, SegmentEvent } from '@segment/analytics-next'

// By the method that takes them, since only that has a name in each version of Analytics.js.
export type Middleware = Parameters<Analytics['addDestinationMiddleware']>[1]
type Facade = Parameters<Middleware>[0]['payload']
interface Source {
  payload: Facade
  next(passed: Facade): void
}

/**
 * Takes an event through what runs before a destination, for this destination only: the event as it is passed on,
 * `undefined` if it is dropped. The event itself is not touched.
 *
 * Middleware is handed a facade of the event. Its classes are many times the size of this plugin, but analytics-next
 * wraps source middleware with the same ones: so one that catches the facade is made, and a stand-in for `register` runs
 * it at once, on this event alone.
 *
 * @throws what a middleware throws
 */
export const runMiddleware = async (
  chain: readonly Middleware[],
  integration: string,
  loaded: Promise<Analytics>,
  event: SegmentEvent | undefined,
): Promise<SegmentEvent | undefined> => {
  if (!chain[0]) return event
  let facade: Facade | null | undefined
  const register = (plugin: Plugin) => plugin.track!({ event } as never)
  // Not to call `next` would be an error.
  const catchFacade = ({ payload, next }: Source) => next((facade = payload))
  const analytics = await loaded
  await analytics.constructor.prototype.addSourceMiddleware.call({ __proto__: analytics, register }, catchFacade)
  // A copy, to all depths: what is changed is this destination's alone.
  facade!.obj = facade!.rawEvent() as SegmentEvent
  for (const run of chain) {
    const payload = facade
    facade = undefined
    if (payload) await run({ payload, integration, next: (passed) => (facade = passed) })
  }
  return facade?.obj
}
