import type { Analytics, Context, SegmentEvent } from '@segment/analytics-next'
import type { createBeacon as CreateBeacon, Beacon, Fate } from '../beacon/index.js'
import { customerFields, eventFields, meterName, toCustomer, toRecord, type Mapped } from '../mapping/index.js'
import { version } from '../version.js'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { isGranted } from './consent.js'
import { createIdentified, type Identified } from './identified.js'
import { createMiddleware } from './middleware.js'
import { payerOf } from './payer.js'
import { readSettings } from './settings.js'
import { createTokens, type Tokens } from './token.js'
import type { AmberfloPlugin, AmberfloSettings } from './types.js'

const NAME = 'Amberflo'

/** What the plugin runs with from `load`, or the first event, until `unload`. */
interface Engine {
  beacon: Beacon
  identified: Identified
  tokens?: Tokens | undefined
}

/** Makes the plugin factory, which is valid as one of Analytics.js' remote plugins too. */
export const createFactory = (createBeacon: typeof CreateBeacon) => {
  const amberflo = (given: AmberfloSettings): AmberfloPlugin => {
    /** The events whose fate is not known yet, by the id of what was made of them. */
    const waiting = new Map<string, { ctx: Context; json?: string }>()
    const middleware = createMiddleware(NAME)
    let analytics: Analytics | undefined
    let engine: Engine | undefined
    let payer: string | undefined

    const say = (level: 'debug' | 'warn', message: string, ctx?: Context): void => {
      ctx?.log(level, `${NAME}: ${message}`)
      // What concerns no event has no other place where it could be seen.
      if (settings?.debug || (!ctx && level === 'warn')) console[level](`${NAME}: ${message}`)
    }

    const settings = readSettings(given, (message) => say('warn', message))

    const onFate = (fate: Fate): void => {
      const { batchId, uniqueIds, outcome, reason, via } = fate
      for (const id of uniqueIds) {
        const { ctx, json } = waiting.get(id) ?? {}
        waiting.delete(id)
        ctx?.stats.increment(`amberflo.${outcome}`)
        say(outcome === 'accepted' ? 'debug' : 'warn', `${id} ${outcome}: ${reason ?? `batch ${batchId} by ${via}`}`, ctx)
        if (json && outcome === 'accepted') engine?.identified.add(json)
      }
      // A callback that fails, or a promise that it returns, is not the page's trouble.
      void (async () => settings.onReceipt?.(fate))().catch((error) => say('warn', `onReceipt failed: ${error}`))
    }

    const refuse = (id: string, ctx: Context, reason: Reason, outcome: Fate['outcome']): void => {
      waiting.set(id, { ctx })
      onFate({ batchId: '', uniqueIds: [id], outcome, reason, via: 'beacon' })
    }

    const start = (): Engine => {
      const { collectorUrl, batch: limits, token } = settings
      const url = new URL(collectorUrl, location.href).href
      const beacon = createBeacon({
        url,
        limits,
        needsProof: !!token,
        renew: async (customer) => engine?.tokens?.renew(customer),
        onFate,
        onRetry(ids) {
          for (const id of ids) waiting.get(id)?.ctx.stats.increment('amberflo.retried')
        },
        log: say,
      })
      return {
        beacon,
        identified: createIdentified(url, () => localStorage, Date.now),
        tokens: token && createTokens(token, beacon.wake, (message) => say('warn', message)),
      } as Engine
    }

    const send = async (kind: 'records' | 'customers', id: string, mapped: Mapped<MeterRecord | Customer>, ctx: Context): Promise<void> => {
      for (const note of mapped.notes) say('warn', note, ctx)
      if ('refusal' in mapped) {
        return refuse(id, ctx, mapped.refusal, mapped.refusal === 'no_customer' ? 'dropped' : 'rejected')
      }
      const { beacon, identified, tokens } = (engine ??= start())
      const json = JSON.stringify(mapped.value)
      const key = mapped.value.customerId
      if (kind === 'customers') {
        if (identified.has(json)) return say('debug', `${key} is known as it is`, ctx)
        waiting.set(id, { ctx, json })
      } else waiting.set(id, { ctx })
      say('debug', `${id} → ${json}`, ctx)
      const proof = tokens?.proof(key)
      if (payer !== key) beacon.wake((payer = key), proof)
      await beacon.put({ id, kind, key, proof, json })
      say('debug', `${id} kept`, ctx)
    }

    const payerFor = (event: SegmentEvent, rule: Parameters<typeof payerOf>[1], ctx: Context): string => {
      try {
        return payerOf(event, rule, () => analytics?.group().id())
      } catch (error) {
        say('warn', `customerId failed: ${error}`, ctx)
        return ''
      }
    }

    const meter = (event: SegmentEvent, id: string, ctx: Context): Promise<void> | void => {
      const name = meterName(event, settings.meters)
      if (name === false) return say('debug', `${id} is not metered`, ctx)
      const fields = eventFields(event, payerFor(event, settings, ctx), name)
      return send('records', id, toRecord(fields, settings.dimensions, Date.now()), ctx)
    }

    const identify = (event: SegmentEvent, id: string, ctx: Context): Promise<void> | void => {
      if (!event.userId) return say('debug', `${id} has no user id`, ctx)
      // A group pays, but who was identified is a person.
      const customerId = settings.customerId === 'groupId' ? 'userId' : settings.customerId
      const payer = payerFor(event, { customerId, anonymousUsage: 'drop' }, ctx)
      return send('customers', id, toCustomer({ ...customerFields(event), customerId: payer }), ctx)
    }

    const hook =
      (way: typeof meter) =>
      async (ctx: Context): Promise<Context> => {
        try {
          const event = await middleware.run(ctx.event, analytics!)
          const id = String(event?.messageId)
          if (!event) say('debug', 'dropped by middleware', ctx)
          else if (isGranted(event, settings.consentCategories)) await way(event, id, ctx)
          else refuse(id, ctx, 'no_consent', 'dropped')
        } catch (error) {
          say('warn', `${error}`, ctx)
        }
        return ctx
      }

    return {
      name: NAME,
      type: 'destination',
      version,
      isLoaded: () => !!analytics,
      async load(_ctx, instance) {
        analytics = instance
        engine ??= start()
      },
      async unload() {
        const { beacon, tokens } = engine ?? {}
        engine = undefined
        tokens?.close()
        await beacon?.close()
      },
      addMiddleware: middleware.add,
      page: hook(meter),
      screen: hook(meter),
      track: hook(meter),
      identify: hook(identify),
      flush: async () => engine?.beacon.flush(),
    }
  }
  return Object.assign(amberflo, { pluginName: NAME })
}
