import { MAX_BODY_BYTES } from '../wire/limits.js'
import type { Reply } from './attempt.js'
import { backoffMs } from './backoff.js'
import { addItem, bodyBytes, envelope, removeItems, type Batch } from './batch.js'
import type { Entry, Fate, Limits } from './item.js'
import { isResting, table, type State, type StateEvent } from './states.js'

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
/** A timer may not be set further ahead. */
const MAX_TIMER_MS = 60_000

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
  /** The item's fate is final. */
  forget(item: Entry): void
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
  let timerAt = Infinity
  const onChange: (() => void)[] = []

  const now = () => performance.now()
  const resting = () => batches.filter(isResting)

  /** The items' fate is final. */
  const end = (batch: Batch, items: readonly Entry[], outcome: Fate['outcome'], reason?: string) => {
    if (!items.length) return
    removeItems(batch, items)
    items.forEach(options.forget)
    batches = batches.filter(({ items: left }) => left.length)
    options.onFate({ batchId: batch.id, uniqueIds: items.map(({ id }) => id), outcome, ...(reason && { reason }), via: batch.via })
  }

  /** Takes the step that the table gives; `false` if it gives none. */
  const step = (batch: Batch, event: StateEvent): boolean => {
    const next = table[batch.state][event]
    if (!next) return false
    log('debug', `batch ${batch.id}: ${batch.state} → ${next} (${event})`)
    batch.state = next
    // It may take in more: a late receipt must not speak for that.
    if (next === 'waiting') batch.id = options.newId()
    return true
  }

  /** Sends the batch the way that the event asks for; `false` if it has to wait its turn. */
  const attempt = (batch: Batch, event: StateEvent): boolean => {
    const flying = batches.filter((other) => other !== batch && !isResting(other))
    // One alone may always try: `fetch` takes what no beacon can.
    if (flying[0] && (flying.length >= MAX_FLYING || flying.reduce((sum, other) => sum + bodyBytes(other), bodyBytes(batch)) > MAX_BODY_BYTES)) return false
    end(batch, batch.items.filter(({ at }) => Date.now() - at > MAX_AGE_MS), 'dropped', 'expired')
    if (!batch.items.length || !step(batch, event)) return false
    const { id } = batch
    const body = envelope(batch, Date.now())
    batch.via = batch.state as Fate['via']
    if (batch.state === 'beacon') {
      batch.dueAt = now() + RECEIPT_MS
      return options.send(id, body) || attempt(batch, 'unconfirmed')
    }
    batch.dueAt = Infinity
    void options.post(id, body).then((reply) => {
      if (batch.state === 'fetch') answered(batch, reply)
      pump()
    })
    return true
  }

  const answered = (batch: Batch, { status, retryAfter, rejected }: Reply) => {
    const { items } = batch
    if (status === 413 && !items[1]) status = 400
    if (!step(batch, status as StateEvent)) step(batch, 'later')
    if (status === 200) {
      const reasonOf = ({ kind, id, key }: Entry) => rejected.find((one) => one?.id === (kind === 'records' ? id : key))?.reason
      // A batch with a rejected record has no receipt by design.
      if (batch.missed && !rejected.length) misses++
      end(batch, items.filter((item) => !reasonOf(item)), 'accepted')
      for (const item of batch.items) end(batch, [item], 'rejected', reasonOf(item))
      return wake(batch.key, batch.proof)
    }
    // Let go of meanwhile: the outbox has it.
    if (!batches.includes(batch)) return
    if (!batch.tries) log('warn', `the collector answered ${status || 'nothing (offline? CSP?)'}, batch ${batch.id} → ${batch.state}`)
    if (batch.state === 'settled') end(batch, items, 'dropped', 'refused')
    else if (batch.state === 'waiting') {
      batch.dueAt = 0
      const half = items.slice(items.length >> 1)
      removeItems(batch, half)
      const other = create(batch, 0)
      for (const item of half) addItem(other, item)
    } else {
      batch.tries++
      if (batch.state === 'backoff') {
        // The beacon met the same trouble.
        batch.missed = false
        batch.dueAt = now() + Math.max(retryAfter, backoffMs(batch.tries, Math.random()))
        if (retryAfter) notBefore = Math.max(notBefore, batch.dueAt)
        options.onRetry?.(items.map(({ id }) => id))
        const other = batches.find((one) => one !== batch && one.state === 'backoff' && one.key === batch.key && one.proof === batch.proof && fits(one, items.length, batch.bytes))
        // During an outage a page must not have a request for every second of it.
        if (other) {
          // A late receipt of either speaks for neither.
          other.id = options.newId()
          removeItems(batch, items)
          for (const item of items) addItem(other, item)
          batches = batches.filter((one) => one !== batch)
        }
      } else if (status === 401 && !batch.renewed) {
        batch.renewed = true
        options.renew(batch.key, batch.proof)
      }
    }
  }

  /** A batch that lacks the proof it needs begins as one that waits for its customer. */
  const firstState = ({ proof }: { proof?: string | undefined }): State => (options.needsProof && proof === undefined ? 'parked' : 'waiting')

  const create = (of: Entry | Batch, dueAt: number): Batch => {
    const { key, proof } = of
    const batch: Batch = { id: options.newId(), key, proof, items: [], bytes: 0, state: firstState(of), dueAt, tries: 0, via: 'beacon' }
    batches.push(batch)
    return batch
  }

  const nextAt = (batch: Batch) => (batch.state === 'parked' ? Infinity : isResting(batch) ? Math.max(batch.dueAt, notBefore) : batch.dueAt)

  /** Does all that is due, oldest first, and comes back for the next. */
  const pump = () => {
    // One moment for all of it: what becomes due meanwhile has a timer of its own.
    const time = now()
    // A customer travels before the records that came after it.
    const behind = new Set<string>()
    for (const batch of batches) {
      if (nextAt(batch) <= time) {
        if (!isResting(batch)) unconfirmed(batch)
        else if (!behind.has(batch.key)) attempt(batch, misses >= BLIND_AFTER && options.visible() ? 'blind' : 'due')
      }
      if (batch.state !== 'parked' && batch.items[0]?.kind === 'customers') behind.add(batch.key)
    }
    for (const listener of onChange.splice(0)) listener()
    const next = Math.min(...batches.map(nextAt).filter((at) => at > time))
    // A timer that comes too early costs less than setting it anew for every turn of the page.
    if (next >= timerAt && batches.length) return
    clearTimeout(timer)
    timerAt = next
    if (next < Infinity) timer = setTimeout(onTimer, Math.min(next - now(), MAX_TIMER_MS))
  }

  const onTimer = () => {
    timerAt = Infinity
    pump()
  }

  const unconfirmed = (batch: Batch) => {
    batch.missed = true
    attempt(batch, 'unconfirmed')
  }

  const hurry = () => {
    for (const batch of resting()) batch.dueAt = 0
    pump()
  }

  const fits = (batch: Batch, count: number, bytes: number): boolean =>
    batch.items.length + count <= limits.maxRecords && batch.bytes + bytes <= limits.maxBytes

  const add = (item: Entry) => {
    let batch: Batch | undefined
    for (const other of batches) {
      if (other.state !== firstState(item) || other.key !== item.key || other.proof !== item.proof) continue
      if (fits(other, 1, item.size)) batch = other
      else other.dueAt = 0
    }
    batch ??= create(item, now() + limits.maxDelayMs)
    addItem(batch, item)
    if (batch.items.length >= limits.maxRecords) batch.dueAt = 0
    if (item.kind === 'customers') supersede(item)
  }

  /** Only the newest of a customer waits. Leftovers come late, but are old. */
  const supersede = (newest: Entry): void => {
    for (const batch of resting()) {
      for (const item of batch.items) {
        if (item.kind !== 'customers' || item.key !== newest.key || item === newest) continue
        if (item.at > newest.at) return supersede(item)
        end(batch, [item], 'dropped', 'superseded')
      }
    }
  }

  const wake = (key: string, proof?: string) => {
    for (const batch of resting()) {
      const known = proof ?? batch.proof
      if (batch.key !== key || (options.needsProof && known === undefined) || !step(batch, 'wake')) continue
      batch.proof = known
      // Refused more than once, it takes its time: each new token wakes it, and none may ever do.
      batch.dueAt = batch.tries > 1 ? now() + backoffMs(batch.tries, Math.random()) : 0
    }
    pump()
  }

  const bound = () => {
    let count = batches.reduce((sum, { items }) => sum + items.length, -MAX_WAITING)
    let bytes = batches.reduce((sum, batch) => sum + batch.bytes, -MAX_WAITING_BYTES)
    const isOver = () => count > 0 || bytes > 0
    if (!isOver()) return
    // Leftovers come late, but are old.
    for (const batch of resting().sort((a, b) => a.items[0]!.at - b.items[0]!.at)) {
      const excess = batch.items.filter(({ size }) => {
        if (!isOver()) return false
        count--
        bytes -= size
        return true
      })
      end(batch, excess, 'dropped', 'overflow')
    }
  }

  return {
    add(items) {
      items.forEach(add)
      bound()
      pump()
    },
    receipt(batchId, accepted) {
      const batch = batches.find(({ id }) => id === batchId)
      if (!batch) return
      if (accepted && step(batch, 'receipt')) {
        misses = 0
        batch.via = 'beacon'
        end(batch, batch.items, 'accepted')
        // What was refused may be taken again: a session that had ended was begun anew, for example.
        wake(batch.key, batch.proof)
      } else if (batch.state === 'beacon') unconfirmed(batch)
      pump()
    },
    leave() {
      if (notBefore <= now()) for (const batch of resting()) attempt(batch, 'leave')
    },
    hurry,
    async flush() {
      const mine = new Set(batches.flatMap(({ items }) => items))
      hurry()
      while (batches.some((batch) => batch.state !== 'parked' && batch.items.some((item) => mine.has(item)))) {
        await new Promise<void>((resolve) => onChange.push(resolve))
      }
    },
    wake,
    clear() {
      batches = []
      pump()
    },
  }
}
