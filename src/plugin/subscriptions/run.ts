import { generatePlugins } from '@segment/browser-destination-runtime/plugin'
import type { Subscription } from '@segment/browser-destination-runtime/types'
import type { Analytics, Context, Plugin, SegmentEvent } from '@segment/analytics-next'
import type { ActionSubscription } from '../types.js'
import { client, type Run, type Yield } from './client.js'
import { defaultsOf, definition } from './definition.js'
import { parseFql } from './fql.js'

type Report = (message: string) => void

/** What the subscriptions make of an event, in their order. */
export type Runner = (event: SegmentEvent, report: Report) => Promise<Yield[]>

/** A subscription as a plugin of its own, so that one that fails does not stop the others. */
const asPlugin = (subscription: ActionSubscription, report: Report): Plugin | undefined => {
  const { partnerAction, subscribe, mapping } = subscription
  const action = Object.hasOwn(definition.actions, partnerAction) ? definition.actions[partnerAction] : undefined
  const { error } = parseFql(subscribe) as { error?: Error }
  if (!action || error) {
    return void report(`the subscription '${subscribe}' never runs: ${error ? error.message : `there is no action ${partnerAction}`}`)
  }
  const full = { enabled: true, ...subscription, mapping: { ...defaultsOf(action), ...mapping } }
  return generatePlugins(definition, client, [full as Subscription])[0]
}

/**
 * Runs events through subscriptions on Segment's own runtime, which neither knows screen events nor fills in the
 * defaults of fields that a mapping leaves out.
 *
 * @param report is told which subscriptions can never run
 */
export const createRunner = (subscriptions: readonly ActionSubscription[], analytics: Analytics, report: Report): Runner => {
  const plugins = subscriptions.flatMap((subscription) => asPlugin(subscription, report) ?? [])
  const loaded = Promise.all(plugins.map((plugin) => plugin.load(undefined as unknown as Context, analytics)))
  return async (event, report) => {
    await loaded
    const run: Run = { event, yields: [] }
    for (const plugin of plugins) {
      try {
        // Each hook of the runtime does the same, whatever the event's type.
        await plugin.track!(run as unknown as Context)
      } catch (error) {
        report(`a subscription failed: ${error}`)
      }
    }
    return run.yields
  }
}
