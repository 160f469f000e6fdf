import { MAX_BODY_BYTES } from '../wire/limits.js'
import type { Reply } from './attempt.js'
import { backoffMs } from './backoff.js'
import { bodyBytes, bytesOf, envelope, type Batch } from './batch.js'
import { isCustomer, type Entry, type Fate, type Limits } from './item.js'
import { isResting, table, type StateEvent } from './states.js'

/** No receipt within this time, and `fetch` tells. */
const RECEIPT_MS = 10_000
/** Browsers lose beacons silently beyond a number of their own; this is well below all of them. */
const MAX_FLYING = 63
/** So many batches in a row without a receipt, though they had arrived: receipts do not work here. */
const BLIND_AFTER = 2
/** What may wait, for how long; beyond it the oldest goes first. */
const MAX_WAITING = 10_000
const MAX_WAITING_BYTES = 2 * 1024 * 1024
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000

export interface CourierOptions {
  limits: Limits
  /** Items without proof wait for `wake`. */
  needsProof: boolean
  /** Whether receipts can be seen at all. */
  receipts: boolean
  visible(): boolean
  newId(): string
  /** `false`: the browser did not take it. */
  send(batchId: string, body: string): boolean
  /** Never rejects. */
  post(batchId: string, body: string): Promise<Reply>
  /** After a 401; another token than the refused one comes by `wake`. */
  renew(key: string, refused?: string): void
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
  wake(key: string, proof?: string): void
  /** Lets go of everything, without a fate. */
  clear(): void
}

/** Drives batches through the table of states: it knows when, how often and how much at once; not where to, or of whom. */
export function createCourier(options: CourierOptions): Courier {
  const { limits, log } = options
  // Oldest first.
  let batches: Batch[] = []
  let notBefore = 0
  let misses = options.receipts ? 0 : BLIND_AFTER
  let timer: ReturnType<typeof setTimeout> | undefined
  let timerAt = 0
  const onChange: (() => void)[] = []
  /** By key: the newest customer that there was, and the token that came last. */
  const newest = new Map<string, Entry>()
  const proofs = new Map<string, string>()
  let isSoon = false

  const now = () => performance.now()

  /** Waits for its customer. */
  const isHeld = ({ state, proof }: Batch) => state === 'parked' || (options.needsProof && !proof)

  const nextAt = (batch: Batch) => (isResting(batch) ? Math.max(batch.dueAt, notBefore) : batch.dueAt)

  /** The items' fate is final. */
  const end = (batch: Batch, items: readonly Entry[], outcome: Fate['outcome'], reason?: string) => {
    if (!items[0]) return
    batch.items = batch.items.filter((item) => !items.includes(item))
    batch.size = bytesOf(batch.items)
    options.forget(items)
    options.onFate({ batchId: batch.id, uniqueIds: items.map(({ id }) => id), outcome, reason, via: batch.via } as Fate)
  }

  /** Takes the step that the table gives, and says why; `false` if it gives none. */
  const step = (batch: Batch, event: StateEvent, level: 'debug' | 'warn' = 'debug', cause: string | number = event): boolean => {
    const next = table[batch.state][event]
    if (!next) return false
    log(level, `batch ${batch.id}: ${batch.state} > ${next} (${cause})`)
    batch.state = next
    return true
  }

  /** Sends the batch the way that the event asks for, unless it has to wait its turn. */
  const attempt = (batch: Batch, event: StateEvent): void => {
    const flying = batches.filter((other) => other === batch || !isResting(other))
    // One alone may always try: `fetch` takes what no beacon can.
    if (flying[1] && (flying.length > MAX_FLYING || flying.reduce((sum, other) => sum + bodyBytes(other), 0) > MAX_BODY_BYTES)) return
    // A receipt of an earlier attempt must not speak for what it holds now.
    if (isResting(batch)) batch.id = options.newId()
    if (!step(batch, event)) return
    const body = envelope(batch, Date.now())
    // Nothing comes of it where a `fetch` is under way: that has a patience of its own.
    batch.dueAt = now() + RECEIPT_MS
    if (batch.state === 'beacon' && options.send(batch.id, body)) return
    // Refused, unless it was to be a `fetch` anyway.
    step(batch, 'unconfirmed')
    batch.via = 'fetch'
    void options.post(batch.id, body).then((reply) => {
      answered(batch, reply, event === 'unconfirmed')
      soon()
    })
  }

  const answered = (batch: Batch, { status, retryAfter, rejected }: Reply, isMissed: boolean) => {
    const { items } = batch
    // A receipt was faster, or it was let go of meanwhile: then the outbox has it.
    if (!items[0]) return
    // One record cannot be halved.
    const event = status === 413 && !items[1] ? 400 : status in table.fetch ? (status as StateEvent) : 'later'
    step(batch, event, status === 200 || batch.tries ? 'debug' : 'warn', status || 'no answer: offline? CSP?')
    if (status === 200) {
      for (const one of rejected) end(batch, batch.items.filter(({ kind, id, key }) => one?.id === (kind === 'records' ? id : key)), 'rejected', one?.reason)
      // A batch with a rejected record has no receipt by design; where an attempt failed, the beacon met the same trouble.
      if (isMissed && !batch.tries && !rejected[0]) misses++
      return accept(batch)
    }
    if (batch.state === 'settled') return end(batch, items, 'dropped', 'refused')
    if (batch.state === 'waiting') {
      const half = items.splice(items.length >> 1)
      batch.dueAt = 0
      batch.size = bytesOf(items)
      batches.push({ ...batch, items: half, size: bytesOf(half) })
      return
    }
    batch.tries++
    batch.dueAt = now() + backoffMs(batch.tries, Math.random())
    notBefore = Math.max(notBefore, now() + retryAfter)
    if (batch.state === 'backoff') {
      options.onRetry?.(items.map(({ id }) => id))
      // During an outage a page must not have a request for every second of it.
      join(batch)
    } else if (status === 401 && !batch.renewed) {
      batch.renewed = true
      options.renew(batch.key, batch.proof)
    }
  }

  /** Lets the batch go with another of its kind that has room, and gives whether there is one. What waits without room is closed. */
  const join = (batch: Batch): boolean =>
    batches.some((other) => {
      // What waits for the first time may not share the trouble of what was refused.
      if (!other.dueAt || (batch.state === 'waiting' && other.tries) || other === batch || other.state !== batch.state || other.key !== batch.key || other.proof !== batch.proof) return false
      const { items } = other
      const fits = items.length + batch.items.length <= limits.maxRecords && other.size + batch.size <= limits.maxBytes
      if (fits) {
        items.push(...batch.items)
        other.size += batch.size
        batch.items = []
        batch.size = 0
      }
      if (batch.state === 'waiting' && !(fits && items.length < limits.maxRecords)) other.dueAt = 0
      return fits
    })

  /** Drops what may not wait, or no longer, oldest first: leftovers come late, but are old. */
  const bound = () => {
    const oldest = Date.now() - MAX_AGE_MS
    // Many times as fast as `flatMap`, for thousands.
    const all = ([] as Entry[]).concat(...batches.map(({ items }) => items)).sort((a, b) => a.at - b.at)
    // Of this item and all that are newer.
    let count = all.length
    let bytes = bytesOf(all)
    for (const item of all) {
      const reason =
        isCustomer(item) && newest.get(item.key) !== item ? 'superseded'
        : item.at < oldest ? 'expired'
        : count > MAX_WAITING || bytes > MAX_WAITING_BYTES ? 'overflow'
        : ''
      const batch = reason && batches.find(({ items }) => items.includes(item))
      // What is in flight counts, but is left alone.
      if (batch && isResting(batch)) end(batch, [item], 'dropped', reason)
      count--
      bytes -= item.size
    }
    batches = batches.filter(({ items }) => items[0])
  }

  /** Does all that is due, oldest first, and comes back for the next. */
  const pump = (event: StateEvent = misses >= BLIND_AFTER && options.visible() ? 'blind' : 'due') => {
    bound()
    // One moment for all of it: what becomes due meanwhile has a timer of its own.
    const time = now()
    // A customer travels before the records that came after it.
    const behind = new Set<string>()
    for (const batch of batches) {
      if (isHeld(batch)) continue
      if (nextAt(batch) <= time) {
        if (!isResting(batch)) attempt(batch, 'unconfirmed')
        else if (event === 'leave' || !behind.has(batch.key)) attempt(batch, event)
      }
      if (batch.items.some(isCustomer)) behind.add(batch.key)
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
    end(batch, batch.items, 'accepted')
    // What was refused may be taken again: a session that had ended was begun anew, for example.
    wake(batch.key, batch.proof)
  }

  const hurry = (event?: StateEvent) => {
    for (const batch of batches) if (isResting(batch)) batch.dueAt = 0
    pump(event)
  }

  const wake = (key: string, proof?: string) => {
    if (proof) proofs.set(key, proof)
    for (const batch of batches) {
      if (batch.key !== key || !isHeld(batch)) continue
      batch.proof = proof ?? batch.proof
      step(batch, 'wake')
      // Refused more than once, it takes its time: each new token wakes it, and none may ever do.
      if (batch.tries < 2) batch.dueAt = 0
    }
    soon()
  }

  return {
    add(items) {
      for (const item of items) {
        if (isCustomer(item) && !((newest.get(item.key)?.at ?? 0) > item.at)) newest.set(item.key, item)
        // Its key, proof and size are the item's.
        const batch: Batch = { ...item, proof: item.proof ?? proofs.get(item.key), id: '', items: [item], state: 'waiting', dueAt: 1, tries: 0, via: 'beacon' }
        if (join(batch)) continue
        batch.dueAt = limits.maxRecords > 1 ? now() + limits.maxDelayMs : 0
        batches.push(batch)
      }
      soon()
    },
    receipt(batchId, accepted) {
      const batch = batches.find(({ id }) => id === batchId)
      if (!batch) return
      if (accepted && step(batch, 'receipt')) {
        misses = 0
        batch.via = 'beacon'
        accept(batch)
      } else attempt(batch, 'unconfirmed')
      soon()
    },
    leave: () => hurry('leave'),
    hurry,
    async flush() {
      const mine = new Set(batches.flatMap(({ items }) => items))
      hurry()
      while (batches.some((batch) => !isHeld(batch) && batch.items.some((item) => mine.has(item)))) {
        await new Promise<void>((resolve) => onChange.push(resolve))
      }
    },
    wake,
    clear() {
      for (const batch of batches) batch.items = []
      pump()
    },
  }
}
