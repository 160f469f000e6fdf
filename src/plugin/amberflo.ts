import type { Analytics, Context, Plugin } from '@segment/analytics-next'
import type { createBeacon as CreateBeacon, Beacon, Fate } from '../beacon/index.js'
import { version } from '../version.js'
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from '../wire/limits.js'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { isForbidden } from './consent.js'
import { createIdentified } from './identified.js'
import { createMiddleware } from './middleware.js'
import { route } from './routing.js'
import { readSettings } from './settings.js'
import { loadRunner, type LoadRuntime } from './subscribed.js'
import { createTokens, type Tokens } from './token.js'
import type { AmberfloPlugin, AmberfloSettings } from './types.js'

const NAME = 'Amberflo'

/** Refusals by a rule of the site; any other one means that something is wrong. */
const RULES: readonly Reason[] = ['no_customer', 'no_consent']

type Wrapper = Partial<Plugin> & { action?: Plugin }

/** Makes the plugin factory, which is valid as one of Analytics.js' remote plugins too. */
export const createFactory = (createBeacon: typeof CreateBeacon, loadRuntime: LoadRuntime) => {
  const amberflo = (given: AmberfloSettings): AmberfloPlugin => {
    let analytics: Analytics | undefined
    let beacon: Beacon | undefined
    let tokens: Tokens | undefined
    let payer: string | undefined
    let start!: (analytics: Analytics) => void
    let isRunning = false
    let delivered: Promise<unknown> = Promise.resolve()

    const settings = readSettings(given)
    const identified = createIdentified(settings.collectorUrl)

    const say = (level: 'debug' | 'warn', message: string, ctx?: Context): void => {
      const line = `${NAME}: ${message}`
      ctx?.log(level, line)
      // A warning that concerns no event has no other place where it could be seen.
      if (settings.debug || (!ctx && level === 'warn')) console[level](line)
    }

    const warn = (message: string): void => say('warn', message)

    const loaded = new Promise<Analytics>((resolve) => (start = resolve))
    const middleware = createMiddleware(NAME, loaded)

    /** Set where there are subscriptions, which replace the routing. */
    const runner = settings.subscriptions?.[0] ? loaded.then((instance) => loadRunner(loadRuntime, settings, instance, warn)) : undefined
    void runner?.then(() => (isRunning = true))

    /** The events whose fate is not known yet, by id, and the customers that were made of them. */
    const waiting = new Map<string, { ctx: Context; customer?: string | false }>()

    const onFate = (fate: Fate): void => {
      const { batchId, outcome, reason, via } = fate
      for (const id of fate.uniqueIds) {
        const { ctx, customer } = waiting.get(id) ?? {}
        waiting.delete(id)
        ctx?.stats.increment(`amberflo.${outcome}`)
        say(reason ? 'warn' : 'debug', `${id} ${outcome} by ${via}: ${reason ?? batchId}`, ctx)
        if (customer && !reason) identified.accept(customer)
      }
      // A callback that fails, or a promise that it returns, is not the page's trouble.
      void (async () => settings.onReceipt?.(fate))().catch((error) => warn(`onReceipt failed: ${error}`))
    }

    const open = (): Beacon => {
      const { token } = settings
      const opened = createBeacon({
        url: new URL(settings.collectorUrl, location.href).href,
        limits: { maxRecords: MAX_BATCH_RECORDS, maxBytes: MAX_BATCH_BYTES, maxDelayMs: 1000, ...settings.batch },
        needsProof: !!token,
        renew: (customer, refused) => tokens?.renew(customer, refused),
        onFate,
        onRetry(ids) {
          for (const id of ids) waiting.get(id)?.ctx.stats.increment('amberflo.retried')
        },
        log: say,
      })
      tokens = token ? createTokens(token, opened.wake, warn) : undefined
      return opened
    }

    const send = async (value: MeterRecord | Customer, messageId: string, ctx: Context): Promise<void> => {
      const json = JSON.stringify(value)
      const key = value.customerId
      const isRecord = 'uniqueId' in value
      if (!isRecord && identified.knows(json)) return say('debug', `${messageId} is known`, ctx)
      const id = isRecord ? value.uniqueId : messageId
      waiting.set(id, { ctx, customer: !isRecord && json })
      say('debug', `${id} → ${json}`, ctx)
      beacon ??= open()
      const proof = tokens?.proof(key)
      if (payer !== key) beacon.wake((payer = key), proof)
      await beacon.put({ id, kind: isRecord ? 'records' : 'customers', key, proof, json })
      say('debug', `${id} kept`, ctx)
    }

    const deliver = async (ctx: Context): Promise<void> => {
      const id = String(ctx.event.messageId)
      const note = (text: string): void => say('warn', text, ctx)
      const refuse = (reason: Reason): void => {
        waiting.set(id, { ctx })
        onFate({ batchId: '', uniqueIds: [id], outcome: RULES.includes(reason) ? 'dropped' : 'rejected', reason, via: 'beacon' })
      }
      try {
        const event = await middleware.run(ctx.event)
        const routed = !event ? []
          : runner ? await (await runner)(event, note)
          : [route(event, settings, () => analytics?.group().id(), note)]
        for (const made of routed) {
          if (!made) say('debug', `${id} is not metered`, ctx)
          else if (typeof made === 'string') refuse(made)
          else if (isForbidden(event!, settings.consentCategories)) refuse('no_consent')
          else await send(made, id, ctx)
        }
      } catch (error) {
        note(String(error))
        refuse('threw')
      }
    }

    const hook = async (ctx: Context): Promise<Context> => {
      const done = deliver(ctx)
      const before = delivered
      delivered = done.then(() => before)
      // Analytics.js delivers one event after the other, to all destinations: it never waits for the network.
      if (isRunning || !runner) await done
      return ctx
    }

    const plugin: AmberfloPlugin = {
      name: NAME,
      type: 'destination',
      version,
      isLoaded: () => !!analytics,
      async load(_ctx, instance) {
        analytics = instance
        // What Analytics.js wraps around a remote plugin has no name if the entry says no `creationName`.
        for (const wrapper of instance.queue?.plugins as Wrapper[] ?? []) if (wrapper.action === plugin) wrapper.name ??= NAME
        beacon ??= open()
        start(instance)
      },
      async unload() {
        // What is on its way would open another beacon.
        if (isRunning || !runner) await delivered
        tokens?.close()
        const closing = beacon?.close()
        beacon = undefined
        await closing
      },
      addMiddleware: middleware.add,
      page: hook,
      screen: hook,
      track: hook,
      identify: hook,
      // Without subscriptions neither is metered.
      ...(runner && { group: hook, alias: hook }),
      async flush() {
        await delivered
        // What no token proves could not be sent.
        await tokens?.settled()
        await beacon?.flush()
        if (!tokens) return
        // One that was refused is renewed.
        await tokens.settled()
        await beacon?.flush()
      },
    }
    return plugin
  }
  return Object.assign(amberflo, { pluginName: NAME })
}
