import type { Customer } from '../wire/payloads.js'
import { deliver } from './amberflo/bisect.js'
import type { AmberfloClient, Outcome } from './amberflo/client.js'
import { createMemory } from './memory.js'
import type { Observe } from './events.js'
import { recordName } from './record-name.js'
import { NotNowError } from './sink.js'
import type { Sink, SinkItem, Taken } from './sink.js'
import { spoolDefaults } from './spool/spool.js'
import type { SpoolItem } from './spool/spool.js'
import { nextTurn } from './turn.js'

const MAX_REMEMBERED = 200_000
/** Texts of records that Amberflo does not have yet, in characters; as much again for corrected ones. */
const MAX_HELD = 32 * 1024 * 1024

/** A record that was seen: what is sent of it is settled by its first arrival. */
interface Seen {
  key: string
  corrected: boolean
  id: string
  json: string
  state: 'open' | 'taken' | 'refused'
  /** The request that is taking it to Amberflo at this moment. */
  flight: Promise<void> | null
}

/** Stands for every record that Amberflo has: remembering one for a day then costs its key, and not its text. */
const arrived: Seen = { key: '', corrected: false, id: '', json: '', state: 'taken', flight: null }

export interface DirectOptions {
  client: AmberfloClient
  writeCustomer: (customer: Customer) => Promise<Outcome>
  observe: Observe
  now: () => number
}

/**
 * The way without a spool: a batch is taken when Amberflo has all of it.
 *
 * What was decided for a record is remembered for a day, or for a month where its time was corrected, so that one that
 * is sent again goes out with the same bytes, or not at all. The memory is this process's: another one decides the
 * same, except for corrected records.
 */
export function createDirectSink({ client, writeCustomer, observe, now }: DirectOptions): Sink {
  const createSeenMemory = (ttlMs: number) => createMemory<Seen>({ max: MAX_REMEMBERED, ttlMs, now, weigh: ({ json }) => json.length, maxWeight: MAX_HELD })
  const plain = createSeenMemory(spoolDefaults.rememberMs)
  const corrected = createSeenMemory(spoolDefaults.rememberCorrectedMs)
  const remember = (seen: Seen, as = seen) => (seen.corrected ? corrected : plain).set(seen.key, as)
  const find = (key: string) => plain.get(key) ?? (corrected.size > 0 ? corrected.get(key) : undefined)
  let gathered: Seen[] = []
  let sending: Promise<number | undefined> | null = null
  let hurry = ignore

  /** What many requests bring at the same time goes to Amberflo together. */
  function sendRecords(records: readonly Seen[]): Promise<number | undefined> {
    if (nextTurn === null) return deliverRecords(records)
    gathered.push(...records)
    const turn = nextTurn
    sending ??= new Promise<void>((go) => {
      hurry = go
      void turn().then(go)
    }).then(() => {
      const all = gathered
      gathered = []
      sending = null
      return deliverRecords(all)
    })
    return sending
  }

  async function deliverRecords(records: readonly Seen[]): Promise<number | undefined> {
    const { taken, refused, retryAfterMs } = await deliver(client, records)
    for (const seen of taken) {
      seen.state = 'taken'
      remember(seen, arrived)
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

  async function take(items: readonly SinkItem[]): Promise<Taken> {
    const customers: SpoolItem[] = []
    const mine: Seen[] = []
    const others: Seen[] = []
    const rejected: Taken['rejected'] = []
    let duplicates = 0
    let land = ignore
    const flight = new Promise<void>((resolve) => (land = resolve))
    for (const item of items) {
      if (item.kind === 'customer') {
        customers.push(item)
        continue
      }
      const key = recordName(item.customerId, item.id)
      let seen = find(key)
      if (seen === undefined || seen.state === 'refused') {
        if (item.unlessKnown !== undefined) {
          rejected.push({ id: item.id, reason: item.unlessKnown })
          continue
        }
        seen = { key, corrected: item.corrected === true, id: item.id, json: item.json, state: 'open', flight: null }
        remember(seen)
      }
      if (seen.state === 'taken') duplicates++
      else if (seen.flight !== null) others.push(seen)
      else {
        seen.flight = flight
        mine.push(seen)
      }
    }

    let accepted = customers.length
    let retryAfterMs: number | undefined
    try {
      const refused = await sendCustomers(customers)
      accepted -= refused.length
      rejected.push(...refused)
      if (mine.length > 0) retryAfterMs = await sendRecords(mine)
    } finally {
      for (const seen of mine) seen.flight = null
      land()
    }
    // Sent twice at once: the second waits for what becomes of the first.
    if (others.length > 0) await Promise.all(others.map(async ({ flight: theirs }) => theirs))

    for (const [list, elsewhere] of [[mine, false], [others, true]] as const) {
      for (const { id, state } of list) {
        if (state === 'open') throw notNow(retryAfterMs)
        if (state === 'refused') rejected.push({ id, reason: 'refused_upstream' })
        else if (elsewhere) duplicates++
        else accepted++
      }
    }
    return { accepted, duplicates, rejected }
  }

  return {
    take,
    hurry: () => hurry(),
    // It holds nothing open.
    close: async () => undefined,
  }
}

const ignore = (): void => undefined

const notNow = (retryAfterMs?: number) => new NotNowError('Amberflo cannot be reached at the moment.', retryAfterMs)
