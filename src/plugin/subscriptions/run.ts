import { generatePlugins } from '@segment/browser-destination-runtime/plugin'
import type { Subscription } from '@segment/browser-destination-runtime/types'
import type { Analytics, Context, Plugin, SegmentEvent } from '@segment/analytics-next'
import type { Note } from '../../mapping/index.js'
import type { Routed } from '../routing.js'
import type { Settings } from '../settings.js'
import type { ActionSubscription } from '../types.js'
import { client, type Run } from './client.js'
import { defaultsOf, definition } from './definition.js'
import { parseFql } from './fql.js'
import { payloadOf } from './payload.js'

/** What the subscriptions make of an event, in their order. */
export type Runner = (event: SegmentEvent, note: Note) => Promise<Routed[]>

/** A subscription as a plugin of its own, so that one that fails does not stop the others. */
const asPlugin = (subscription: ActionSubscription, report: Note): Plugin | undefined => {
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
export const createRunner = ({ subscriptions, dimensions }: Settings, analytics: Analytics, report: Note): Runner => {
  const plugins = subscriptions.flatMap((subscription) => asPlugin(subscription, report) ?? [])
  const loaded = Promise.all(plugins.map((plugin) => plugin.load(undefined as unknown as Context, analytics)))
  return async (event, note) => {
    await loaded
    const run: Run = { event, yields: [] }
    const failures: Routed[] = []
    for (const plugin of plugins) {
      try {
        // Each hook of the runtime does the same, whatever the event's type.
        await plugin.track!(run as unknown as Context)
      } catch (error) {
        note(`a subscription failed: ${error}`)
        failures.push('threw')
      }
    }
    return [...failures, ...run.yields.map((made) => payloadOf(made, dimensions, note))]
  }
}
