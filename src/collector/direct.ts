import type { Customer } from '../wire/payloads.js'
import { deliver } from './amberflo/bisect.js'
import type { AmberfloClient, Outcome } from './amberflo/client.js'
import { createMemory } from './memory.js'
import type { Observe } from './events.js'
import { NotNowError } from './sink.js'
import type { Sink, Taken } from './sink.js'
import type { SpoolItem } from './spool/spool.js'

const REMEMBERED_MS = 24 * 60 * 60 * 1000
const MAX_REMEMBERED = 200_000

/** A record that was seen: what is sent of it is settled by its first arrival. */
interface Seen {
  id: string
  json: string
  state: 'open' | 'taken' | 'refused'
  /** The request that is taking it to Amberflo at this moment. */
  flight: Promise<void> | null
}

export interface DirectOptions {
  client: AmberfloClient
  writeCustomer: (customer: Customer) => Promise<Outcome>
  observe: Observe
  now: () => number
}

/**
 * The way without a spool: a batch is taken when Amberflo has all of it.
 *
 * What was decided for a record is remembered for a day, so that one that is sent again goes out with the
 * same bytes, or not at all. The memory is this process's: another one decides the same, except for
 * records whose times had to be shifted.
 */
export function createDirectSink({ client, writeCustomer, observe, now }: DirectOptions): Sink {
  const memory = createMemory<Seen>({ max: MAX_REMEMBERED, ttlMs: REMEMBERED_MS, now })
  const inHand = new Set<Promise<unknown>>()

  async function sendRecords(records: readonly Seen[]): Promise<number | undefined> {
    const { taken, refused, retryAfterMs } = await deliver(client, records)
    for (const seen of taken) {
      seen.state = 'taken'
      seen.json = ''
    }
    for (const { item, status } of refused) {
      item.state = 'refused'
      observe({ type: 'alarm', alarm: 'upstream_refused', detail: { status } })
    }
    return retryAfterMs
  }

  async function sendCustomers(customers: readonly SpoolItem[]): Promise<Taken['rejected']> {
    const rejected: Taken['rejected'] = []
    for (const { id, json } of customers) {
      const outcome = await writeCustomer(JSON.parse(json) as Customer)
      if (outcome.kind === 'later') throw notNow(outcome.retryAfterMs)
      if (outcome.kind === 'refused') {
        observe({ type: 'alarm', alarm: 'upstream_refused', detail: { status: outcome.status } })
        rejected.push({ id, reason: 'refused_upstream' })
      }
    }
    return rejected
  }

  async function take(items: readonly SpoolItem[]): Promise<Taken> {
    const customers = items.filter(({ kind }) => kind === 'customer')
    const mine: Seen[] = []
    const others: Seen[] = []
    let duplicates = 0
    for (const { kind, customerId, id, json } of items) {
      if (kind === 'customer') continue
      const key = `${customerId.length}:${customerId}${id}`
      let seen = memory.get(key)
      if (seen === undefined || seen.state === 'refused') {
        seen = { id, json, state: 'open', flight: null }
        memory.set(key, seen)
      }
      if (seen.state === 'taken' || mine.includes(seen)) duplicates++
      else if (seen.flight === null) mine.push(seen)
      else others.push(seen)
    }

    let retryAfterMs: number | undefined
    const flight = (async () => {
      const rejected = await sendCustomers(customers)
      retryAfterMs = await sendRecords(mine)
      return rejected
    })()
    const landed = flight.then(ignore, ignore)
    for (const seen of mine) seen.flight = landed
    // The same records, sent twice at once: the second waits for what becomes of the first.
    const [rejected] = await Promise.all([flight, ...others.map((seen) => seen.flight)]).finally(() => {
      for (const seen of mine) seen.flight = null
    })

    const all = [...mine, ...others]
    if (all.some(({ state }) => state === 'open')) throw notNow(retryAfterMs)
    for (const { id, state } of all) if (state === 'refused') rejected.push({ id, reason: 'refused_upstream' })
    const landedElsewhere = others.filter(({ state }) => state === 'taken').length
    return {
      accepted: items.length - duplicates - landedElsewhere - rejected.length,
      duplicates: duplicates + landedElsewhere,
      rejected,
    }
  }

  return {
    async take(items) {
      const taking = take(items)
      inHand.add(taking)
      try {
        return await taking
      } finally {
        inHand.delete(taking)
      }
    },
    async close() {
      await Promise.allSettled(inHand)
    },
  }
}

const ignore = () => undefined

const notNow = (retryAfterMs?: number) => new NotNowError('Amberflo cannot be reached at the moment.', retryAfterMs)
