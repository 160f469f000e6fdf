import { MAX_BODY_BYTES } from '../wire/limits.js'
import type { Reply } from './attempt.js'
import { backoffMs } from './backoff.js'
import { bodyBytes, bytesOf, envelope, type Batch } from './batch.js'
import { isCustomer, type Entry, type Fate, type Limits, type ProofOf } from './item.js'
import { isFlying, table, type StateEvent } from './states.js'

/** No receipt within this time, and `fetch` tells. */
const RECEIPT_MS = 10_000
/** Browsers lose beacons silently beyond a number of their own; this is well below all of them. */
const MAX_FLYING = 63
/** So many batches in a row without a receipt, though they had arrived: receipts do not work here. */
const BLIND_AFTER = 2
/** So many failed attempts a customer's records wait for the customer: about half a minute where the collector answers at once, 63 s at most. */
const PATIENT_FOR = 7
/** What may wait, for how long; beyond it the oldest goes first. */
const MAX_WAITING = 10_000
const MAX_WAITING_BYTES = 2 * 1024 * 1024
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000

export interface CourierOptions {
  limits: Limits
  /** Whether receipts can be seen at all: where not, a beacon is followed by a `fetch` at once. */
  receipts: boolean
  visible(): boolean
  newId(): string
  /** `false`: the browser did not take it. */
  send(batchId: string, body: string): boolean
  /** Never rejects. */
  post(batchId: string, body: string): Promise<Reply>
  proofOf?: ProofOf | undefined
  onFate(fate: Fate): void
  onRetry?(uniqueIds: string[]): void
  log(level: 'debug' | 'warn', message: string): void
  /** The items' fate is final. */
  forget(items: readonly Entry[]): void
}

export interface Courier {
  add(items: readonly Entry[]): void
  /** What resource timing says of a batch. */
  receipt(batchId: string, accepted: boolean): void
  /** The page is going: all that waits, in as few beacons as possible. */
  leave(): void
  /** All that waits is due now, but for what the collector has put off. */
  hurry(): void
  /** Hurries, and resolves when the fate of all that waited is known or its customer must come back first. */
  flush(): Promise<void>
  /** The customer `key` is back, or has a new token. */
  wake(key: string): void
  /** Lets go of everything, without a fate. */
  clear(): void
}

/** Drives batches through the table of states: it knows when, how often and how much at once; not where to, or of whom. */
export function createCourier(options: CourierOptions): Courier {
  const { limits, proofOf, log } = options
  /** All that waits, and the batch that each is in: one of its own before it is sent. */
  const waiting = new Map<Entry, Batch>()
  const flying = new Set<Batch>()
  let isSoon = false
  let notBefore = 0
  let misses = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let timerAt = 0
  const onChange: (() => void)[] = []
  /** By key: the newest customer that there was. */
  const newest: Record<string, Entry | undefined> = { __proto__: null as never }
  /** Batches that were accepted. */
  let successes = 0

  const now = () => performance.now()

  /** A newer one has come. */
  const isSuperseded = (item: Entry) => isCustomer(item) && newest[item.key] !== item

  /** Waits for its customer. */
  const isHeld = (item: Entry) => waiting.get(item)!.state === 'parked' || (proofOf && !item.proof)

  const nextAt = (batch: Batch) => (flying.has(batch) ? batch.dueAt : Math.max(batch.dueAt, notBefore))

  /** The items' fate is final. */
  const end = (batch: Batch, items: readonly Entry[], outcome: Fate['outcome'], reason?: string) => {
    const ended = items.filter((item) => waiting.delete(item))
    if (!ended[0]) return
    options.forget(ended)
    options.onFate({ batchId: batch.id, uniqueIds: ended.map(({ id }) => id), outcome, reason, via: batch.via } as Fate)
  }

  /** Takes the step that the table gives, and says why; `false` if it gives none. */
  const step = (batch: Batch, event: StateEvent, level: 'debug' | 'warn' = 'debug', cause: string | number = event): boolean => {
    const next = table[batch.state][event]
    if (!next) return false
    log(level, `batch ${batch.id}: ${batch.state} > ${next} (${cause})`)
    batch.state = next
    flying[isFlying(next) ? 'add' : 'delete'](batch)
    return true
  }

  /** Sends the batch the way that the event asks for, unless it has to wait its turn. */
  const attempt = (batch: Batch, event: StateEvent): void => {
    if (!flying.has(batch)) {
      const bytes = [...flying, batch].reduce((sum, other) => sum + bodyBytes(other), 0)
      // One alone may always try: `fetch` takes what no beacon can.
      if (flying.size && (flying.size >= MAX_FLYING || bytes > MAX_BODY_BYTES)) return
      // A receipt of an earlier attempt must not speak for what it holds now.
      batch.id = options.newId()
      for (const item of batch.items) waiting.set(item, batch)
    }
    // The newer one may have gone when the page was hidden: an older one must not follow it.
    if (batch.items.some(isSuperseded) && step(batch, 'stale')) {
      batch.dueAt = 0
      return soon()
    }
    if (!step(batch, event)) return
    const body = envelope(batch, Date.now())
    // Nothing comes of it where a `fetch` is under way: that has a patience of its own.
    batch.dueAt = now() + (options.receipts ? RECEIPT_MS : 1)
    if (batch.state === 'beacon' && options.send(batch.id, body)) return
    // Refused, unless it was to be a `fetch` anyway.
    step(batch, 'unconfirmed')
    batch.via = 'fetch'
    void options.post(batch.id, body).then((reply) => {
      answered(batch, reply, event === 'unconfirmed')
      soon()
    })
  }

  const answered = (batch: Batch, { retryAfter, status, rejected }: Reply, isMissed: boolean) => {
    // A receipt was faster, or it was let go of meanwhile: then the outbox has it.
    if (!flying.has(batch)) return
    const { items } = batch
    // One record cannot be halved.
    const event = status === 413 && !items[1] ? 400 : status in table.fetch ? (status as StateEvent) : 'later'
    step(batch, event, status === 200 || batch.tries ? 'debug' : 'warn', status || 'no answer: offline? CSP? CORS?')
    if (status === 200) {
      for (const one of rejected) end(batch, items.filter((item) => one?.id === (isCustomer(item) ? item.key : item.id)), 'rejected', one?.reason)
      // A batch with a rejected record has no receipt by design; where an attempt failed, the beacon met the same trouble.
      if (isMissed && !batch.tries && !rejected[0]) misses++
      return accept(batch)
    }
    if (batch.state === 'settled') return end(batch, items, 'dropped', 'refused')
    const half = (items.length + 1) >> 1
    if (batch.state === 'waiting') {
      batch.most = half
      batch.dueAt = 0
      return
    }
    batch.tries++
    batch.dueAt = now() + backoffMs(batch.tries, Math.random())
    notBefore = Math.max(notBefore, now() + retryAfter)
    if (batch.state === 'backoff') {
      options.onRetry?.(items.map((item) => item.id))
      // Where others have got through since it failed last, the trouble may be one item's, which must not keep the rest.
      if (batch.seen! < successes && !retryAfter) batch.most = half
      batch.seen = successes
    } else if (status === 401 && !batch.renewed) {
      batch.renewed = true
      if (proofOf?.(batch.key, batch.proof)) wake(batch.key)
    }
  }

  /**
   * Drops what may not wait, or no longer, oldest first, and gives all other batches: those in flight, and what can go
   * together of what rests.
   */
  const gather = () => {
    const batches = [...flying]
    const oldest = Date.now() - MAX_AGE_MS
    // Leftovers come late, but are old.
    const all = [...waiting.keys()].sort((a, b) => a.at - b.at)
    // Of this item and all that are newer.
    let count = all.length
    let bytes = bytesOf(all)
    for (const item of all) {
      const batch = waiting.get(item)!
      const { key, proof, size } = item
      const reason =
        isSuperseded(item) ? 'superseded'
        : item.at < oldest ? 'expired'
        : count > MAX_WAITING || bytes > MAX_WAITING_BYTES ? 'overflow'
        : ''
      count--
      bytes -= size
      // What is in flight counts, but is left alone.
      if (flying.has(batch)) continue
      if (reason) end(batch, [item], 'dropped', reason)
      else if (!isHeld(item)) {
        // What waits for the first time may not share the trouble of what was refused. During an outage a page must not
        // have a request for every second of it.
        let group = batches.find((other) => other.state === batch.state && other.key === key && other.proof === proof && other.most === batch.most && !other.tries === !batch.tries)
        const isWaiting = batch.state === 'waiting'
        if (!group || group.items.length >= group.most || bodyBytes(group) + size > limits.maxBytes) {
          if (group && isWaiting) group.dueAt = 0
          group = { ...batch, key, proof, items: [], size: 0 }
          // The newest first.
          batches.unshift(group)
        }
        group.size += size
        const isFull = group.items.push(item) >= group.most
        // What has failed goes by the oldest's time: what fails meanwhile must not hurry it.
        if (isWaiting) group.dueAt = isFull ? 0 : Math.min(group.dueAt, batch.dueAt)
      }
    }
    return batches.reverse()
  }

  /** Does all that is due, oldest first, and comes back for the next. */
  const pump = (event: StateEvent = misses >= BLIND_AFTER && options.visible() ? 'blind' : 'due') => {
    const batches = gather()
    // One moment for all of it: what becomes due meanwhile has a timer of its own.
    const time = now()
    // A customer travels before the records that came after it, unless it is what the collector fails at.
    const behind = new Set<string>()
    for (const batch of batches) {
      if (nextAt(batch) <= time) {
        if (flying.has(batch)) attempt(batch, 'unconfirmed')
        else if (event === 'leave' || !behind.has(batch.key)) attempt(batch, event)
      }
      if (batch.tries < PATIENT_FOR && batch.items.some(isCustomer)) behind.add(batch.key)
    }
    for (const listener of onChange.splice(0)) listener()
    const next = Math.min(...batches.map(nextAt).filter((at) => at > time))
    // A timer costs more than all else here, and each turn of events comes by.
    if (next === timerAt) return
    timerAt = next
    clearTimeout(timer)
    if (next < Infinity) timer = setTimeout(() => {
      timerAt = 0
      pump()
    }, next - time)
  }

  /** Once for all that comes in one turn. */
  const soon = () => {
    if (!isSoon) void Promise.resolve().then(() => {
      isSoon = false
      pump()
    })
    isSoon = true
  }

  const accept = (batch: Batch) => {
    successes++
    end(batch, batch.items, 'accepted')
    // What was refused may be taken again: a session that had ended was begun anew, for example.
    wake(batch.key)
  }

  const hurry = (event?: StateEvent) => {
    for (const batch of waiting.values()) if (!flying.has(batch)) batch.dueAt = 0
    pump(event)
  }

  const wake = (key: string) => {
    for (const [item, batch] of [...waiting].filter(([other]) => other.key === key && isHeld(other))) {
      item.proof = proofOf?.(key, null) ?? item.proof
      step(batch, 'wake')
      // Refused more than once, it takes its time: each new token wakes it, and none may ever do.
      if (batch.tries < 2) batch.dueAt = 0
    }
    soon()
  }

  return {
    add(items) {
      for (const item of items) {
        if (isCustomer(item) && !((newest[item.key]?.at ?? 0) > item.at)) newest[item.key] = item
        item.proof ??= proofOf?.(item.key, null)
        waiting.set(item, { id: '', state: 'waiting', dueAt: now() + limits.maxDelayMs, tries: 0, most: limits.maxRecords, via: 'beacon' } as Batch)
      }
      soon()
    },
    receipt(batchId, accepted) {
      const batch = [...flying].find((other) => other.id === batchId)
      if (!batch) return
      if (accepted && step(batch, 'receipt')) {
        if (misses < BLIND_AFTER) misses = 0
        batch.via = 'beacon'
        accept(batch)
      } else attempt(batch, 'unconfirmed')
      soon()
    },
    leave: () => hurry('leave'),
    hurry,
    async flush() {
      const mine = [...waiting.keys()]
      hurry()
      while (mine.some((item) => waiting.has(item) && !isHeld(item))) {
        await new Promise<void>((resolve) => onChange.push(resolve))
      }
    },
    wake,
    clear() {
      waiting.clear()
      flying.clear()
      pump()
    },
  }
}
