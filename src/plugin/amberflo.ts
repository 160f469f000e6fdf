import type { Analytics, Context, Plugin, SegmentEvent } from '@segment/analytics-next'
import { backoffMs, type createBeacon as CreateBeacon, type Beacon, type Fate } from '../beacon/index.js'
import type { Note } from '../mapping/index.js'
import { version } from '../version.js'
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from '../wire/limits.js'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { isForbidden } from './consent.js'
import { createIdentified } from './identified.js'
import { runMiddleware, type Middleware } from './middleware.js'
import { route, type Routed } from './routing.js'
import { readSettings } from './settings.js'
import type * as Runtime from './subscriptions/index.js'
import { createTokens, type Tokens } from './token.js'
import type { AmberfloPlugin, AmberfloSettings } from './types.js'

const NAME = 'Amberflo'

/** Fetches Segment's runtime. `attempt` counts from 0, because browsers remember that an address has failed. */
export type LoadRuntime = (attempt: number) => Promise<typeof Runtime>

type Made = (Routed | false)[]

/** What Analytics.js puts around a remote plugin. */
type Wrapper = Partial<Plugin> & { action?: Plugin }

/** Makes the plugin factory, which is valid as one of Analytics.js' remote plugins too. */
export const createFactory = (createBeacon: typeof CreateBeacon, loadRuntime: LoadRuntime) => {
  const amberflo = (given: AmberfloSettings): AmberfloPlugin => {
    let analytics: Analytics | undefined
    let beacon: Beacon | undefined
    let tokens: Tokens | undefined
    let start!: (analytics: Analytics) => void
    let delivered: Promise<unknown> = Promise.resolve()
    let asking: Promise<void> | undefined

    const settings = readSettings(given)
    const { collectorUrl, token } = settings
    const identified = createIdentified(collectorUrl)
    const loaded = new Promise<Analytics>((resolve) => (start = resolve))
    const chain: Middleware[] = []

    const say = (level: 'debug' | 'warn', message: string, ctx?: Context): void => {
      const line = `${NAME}: ${message}`
      ctx?.log(level, line)
      // A warning that concerns no event has no other place where it could be seen.
      if (settings.debug || (!ctx && level === 'warn')) console[level === 'warn' ? level : 'log'](line)
    }

    const warn = (message: string): void => say('warn', message)

    /** By the event's id, the page's group when it was tracked: it is delivered later, maybe after `analytics.reset()`. */
    const groups = new Map<unknown, unknown>()
    const rememberGroup = ({ event }: Context): void => {
      groups.set(event.messageId, analytics!.group().id() ?? '')
      // Not all of them come here.
      if (groups.size > 999) groups.delete(groups.keys().next().value)
    }

    /** What is made of an event. */
    let make = (event: SegmentEvent, note: Note): Made | Promise<Made> =>
      [route(event, settings, () => groups.get(event.messageId) ?? analytics?.group().id(), note)]
    /** Pending until the chunk that runs the subscriptions is loaded, however often that takes; `undefined` from then on, and without subscriptions. */
    let starting: Promise<unknown> | undefined
    if (settings.subscriptions?.[0]) {
      starting = loaded.then(async (instance) => {
        for (let attempt = 0; starting; ) {
          try {
            make = (await loadRuntime(attempt)).createRunner(settings, instance, warn)
            starting = undefined
          } catch (error) {
            warn(`subscriptions failed: ${error}`)
            await new Promise((resolve) => setTimeout(resolve, backoffMs(++attempt, 1)))
          }
        }
      })
    }

    /** The events whose fate is not known yet, by id. */
    const waiting = new Map<string, Context>()

    const onFate = (fate: Fate): void => {
      const { batchId, uniqueIds, outcome, reason, via } = fate
      for (const id of uniqueIds) {
        const ctx = waiting.get(id)
        waiting.delete(id)
        ctx?.stats.increment(`amberflo.${outcome}`)
        say(reason ? 'warn' : 'debug', `${id} ${outcome}${batchId && ` by ${via}`}: ${reason ?? batchId}`, ctx)
        if (!reason) identified.accept(id)
      }
      // A callback that fails, or a promise that it returns, is not the page's trouble.
      void (async () => settings.onReceipt?.(fate))().catch((error) => warn(`onReceipt failed: ${error}`))
    }

    const open = (): void => {
      if (beacon) return
      if (token) tokens = createTokens(token, (customer) => beacon!.wake(customer), warn, (done) => (asking = done))
      beacon = createBeacon({
        url: collectorUrl,
        limits: { maxRecords: MAX_BATCH_RECORDS, maxBytes: MAX_BATCH_BYTES, maxDelayMs: 1000, ...settings.batch },
        proofOf: tokens?.proof,
        onFate,
        onRetry(ids) {
          for (const id of ids) waiting.get(id)?.stats.increment('amberflo.retried')
        },
        log: say,
      })
    }

    const deliver = async (ctx: Context): Promise<void> => {
      const messageId = String(ctx.event.messageId)
      const tell = (message: string): void => say('debug', message, ctx)
      const note = (text: string): void => say('warn', text, ctx)

      const refuse = (reason: Reason): void => {
        waiting.set(messageId, ctx)
        // No customer and no consent are rules of the site; any other reason means that something is wrong.
        const outcome = reason.startsWith('no_c') ? 'dropped' : 'rejected'
        onFate({ batchId: '', uniqueIds: [messageId], outcome, reason, via: 'beacon' })
      }

      try {
        const event = await runMiddleware(chain, NAME, loaded, ctx.event)
        await starting
        for (const made of event ? await make(event, note) : [false as const]) {
          if (!made) tell(`${messageId} is not metered`)
          else if (typeof made === 'string') refuse(made)
          else if (isForbidden(event!, settings.consentCategories)) refuse('no_consent')
          else {
            const { customerId: key, uniqueId } = made as Customer & Partial<MeterRecord>
            const id = uniqueId ?? messageId
            const json = JSON.stringify(made)
            if (!uniqueId && identified.knows(json, id)) tell(`${id} is known`)
            else {
              waiting.set(id, ctx)
              tell(`${id} is ${json}`)
              open()
              await beacon!.put({ id, kind: uniqueId ? 'records' : 'customers', key, json })
              if (waiting.has(id)) tell(`${id} kept`)
            }
          }
        }
      } catch (error) {
        note(error as string)
        refuse('threw')
      }
    }

    const hook = async (ctx: Context): Promise<Context> => {
      const done = deliver(ctx)
      delivered = delivered.then(() => done)
      // Analytics.js delivers one event after the other, to all destinations: it never waits for the network.
      if (!starting) await done
      return ctx
    }

    const plugin = {
      name: NAME,
      type: 'destination',
      version,
      isLoaded: () => !!analytics,
      async load(_ctx: Context, instance: Analytics) {
        analytics = instance
        // What Analytics.js wraps around a remote plugin has no name if the entry says no `creationName`. Older than 1.72.2,
        // it is listed only once it is loaded.
        instance.on?.('initialize', () => {
          for (const wrapper of instance.queue.plugins as Wrapper[]) if (wrapper.action === plugin) wrapper.name ??= NAME
        })
        if (settings.customerId === 'groupId') instance.on?.('dispatch_start', rememberGroup)
        open()
        start(instance)
      },
      async unload() {
        // What is on its way would open another beacon.
        if (!starting) await delivered
        analytics?.off?.('dispatch_start', rememberGroup)
        tokens?.close()
        beacon?.close()
        beacon = undefined
      },
      addMiddleware(...middleware: Middleware[]) {
        chain.push(...middleware)
      },
      page: hook,
      screen: hook,
      track: hook,
      identify: hook,
      // For subscriptions: without them neither is metered.
      group: hook,
      alias: hook,
      async flush() {
        // What no token proves could not be sent; the second time is for what was refused, whose token is renewed.
        for (let round = 0; round < 2; round++) {
          await delivered
          await asking
          await beacon?.flush()
        }
      },
    } satisfies AmberfloPlugin as AmberfloPlugin
    return plugin
  }
  amberflo.pluginName = NAME
  return amberflo
}
