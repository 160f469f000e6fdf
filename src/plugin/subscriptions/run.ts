import { generatePlugins } from '@segment/browser-destination-runtime/plugin'
import type { Subscription } from '@segment/browser-destination-runtime/types'
import type { Analytics, Context, Plugin, SegmentEvent } from '@segment/analytics-next'
import type { Note } from '../../mapping/index.js'
import type { Routed } from '../routing.js'
import type { ActionSubscription, AmberfloSettings } from '../types.js'
import { client, type Run } from './client.js'
import { defaultsOf, definition } from './definition.js'
import { parseFql } from './fql.js'
import { payloadOf } from './payload.js'
import { walkable } from './walkable.js'

/** A record's id is its event's, so a second record of one event needs another: the collector, and Amberflo, take an id once. */
const withOwnIds = (made: Routed[]): Routed[] => {
  const counts = new Map<string, number>()
  return made.map((one) => {
    if (typeof one === 'string' || !('uniqueId' in one)) return one
    const count = (counts.get(one.uniqueId) ?? 0) + 1
    counts.set(one.uniqueId, count)
    return count > 1 ? { ...one, uniqueId: `${one.uniqueId}.${count}` } : one
  })
}

/** What the subscriptions make of an event, in their order; only `false` if none takes it. */
export type Runner = (event: SegmentEvent, note: Note) => Promise<(Routed | false)[]>

/** A subscription as a plugin of its own, so that one that fails does not stop the others. */
const asPlugin = (subscription: ActionSubscription, report: Note): Plugin | undefined => {
  const { subscribe, mapping = {} } = subscription
  // Nobody who knows FQL and mapping-kit alone would name an action: the fields tell which it is.
  const { partnerAction = ['customerName', 'customerEmail', 'traits'].some((field) => field in mapping) ? 'customer' : 'meter' } = subscription
  // `Object.hasOwn` is newer than the oldest browsers that this runs in.
  const action = Object.entries(definition.actions).find(([name]) => name === partnerAction)?.[1]
  const { error } = parseFql(subscribe) as { error?: Error }
  if (!action || error) {
    // What the parser trips over, instead of refusing it, has no message for people.
    const fault = !error ? `there is no action '${partnerAction}', only ${Object.keys(definition.actions).join(' and ')}` : error instanceof TypeError ? 'it is not FQL, such as type = "track"' : error.message
    return void report(`the subscription '${subscribe}' never runs: ${fault}`)
  }
  const full = { enabled: true, ...subscription, partnerAction, mapping: { ...defaultsOf(action), ...mapping } }
  return generatePlugins(definition, client, [full as Subscription])[0]
}

/**
 * Runs events through subscriptions on Segment's own runtime, which neither knows screen events nor fills in the
 * defaults of fields that a mapping leaves out.
 *
 * @param report is told which subscriptions can never run
 */
export const createRunner = ({ subscriptions = [], dimensions }: AmberfloSettings, analytics: Analytics, report: Note): Runner => {
  const plugins = subscriptions.flatMap((subscription) => asPlugin(subscription, report) ?? [])
  const loaded = Promise.all(plugins.map((plugin) => plugin.load(undefined as unknown as Context, analytics)))
  return async (event, note) => {
    await loaded
    const { properties, traits, context } = event
    const read = {
      ...event,
      properties: walkable(properties, 'properties', note),
      traits: walkable(traits, 'traits', note),
      context: walkable(context, 'context', note),
    } as SegmentEvent
    const run: Run = { event: read, yields: [] }
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
    const made = [...failures, ...withOwnIds(run.yields.map((one) => payloadOf(one, dimensions, note)))]
    return made[0] ? made : [false]
  }
}
