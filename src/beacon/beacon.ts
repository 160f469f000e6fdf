import { MAX_RECORD_BYTES } from '../wire/limits.js'
import { post, sendBeacon } from './attempt.js'
import { createCourier } from './courier.js'
import { openDatabase } from './database.js'
import { utf8Length, type Fate, type Item, type Limits } from './item.js'
import { createJournal } from './journal.js'
import { watchLeaving } from './leaving.js'
import { createOutbox } from './outbox.js'
import { watchReceipts } from './receipt.js'
import { openStore } from './storage.js'
import { createTabs } from './tabs.js'

/** A page that is still there so long after it was about to go has not gone: the click was on a download, for example. */
const STAYED_MS = 2_000
/** How often a page looks for what crashed ones have left. */
const LEFTOVERS_MS = 30_000

export interface BeaconOptions {
  /** Where batches go: absolute, and may have a query of its own. Each address has an outbox of its own. */
  url: string
  limits: Limits
  /** Every batch needs a token: items made without one wait for `wake`. */
  needsProof: boolean
  /** After a 401, once a batch: asks for another token for `key` than the refused one, which `wake` tells of. */
  renew(key: string, refused?: string): void
  onFate(fate: Fate): void
  /** These items will be sent again. */
  onRetry?(uniqueIds: string[]): void
  log(level: 'debug' | 'warn', message: string): void
}

export interface Beacon {
  /** Resolves when the item is durable, or held in memory where storage is blocked. Never rejects. */
  put(item: Item): Promise<void>
  /** Sends all that waits now; resolves when its fate is known, or its customer must come back first. */
  flush(): Promise<void>
  /** The customer `key` is back, or has a new token: what was kept for it goes on. */
  wake(key: string, proof?: string): void
  /** Stops timers and listeners; what waits stays in the outbox for the next page. */
  close(): Promise<void>
}

/** Delivers items to a collector by beacons with receipts, over an outbox that outlives the page. */
export function createBeacon(options: BeaconOptions): Beacon {
  const { log, onFate } = options
  const url = new URL(options.url)
  const name = 'outbox ' + url.href
  const store = openStore()
  const visible = () => document.visibilityState !== 'hidden'
  const closing = new AbortController()
  const { signal } = closing
  const tabs = createTabs(name, navigator.locks, store)

  const stopReceipts = watchReceipts(url.origin !== location.origin, (id, accepted) => courier.receipt(id, accepted))

  const courier = createCourier({
    ...options,
    receipts: !!stopReceipts,
    visible,
    newId,
    send: (batchId, body) => sendBeacon(url, batchId, body),
    post: (batchId, body) => post(url, batchId, body, !visible()),
    forget: (item) => outbox.remove(item),
  })

  const outbox = createOutbox({
    transact: openDatabase(name),
    journal: createJournal(name, store),
    // After `close`, the next page sends them.
    onItems: (items) => signal.aborted || courier.add(items),
    onBlocked: (error) => log('warn', `storage blocked or full, usage is in memory: ${error}`),
  })

  let owner = ''
  const takeOver = async () => {
    // Again, if the page let go of itself and then stayed.
    tabs.claim(owner, () => {})
    tabs.beat()
    for (const other of await outbox.owners()) if (!signal.aborted) tabs.claim(other, () => void outbox.takeOver(other).catch(() => {}))
  }

  /** The page begins, or comes back from the back/forward cache, where others may have taken over what it left. */
  const begin = () => {
    owner = newId()
    courier.clear()
    courier.add(outbox.restart(owner))
    void takeOver()
  }

  watchLeaving({
    leave(gone) {
      outbox.seal()
      courier.leave()
      outbox.leave()
      if (gone) tabs.leave()
    },
    release() {
      tabs.leave()
      setTimeout(() => signal.aborted || takeOver(), STAYED_MS)
    },
    restored: begin,
    awake() {
      courier.hurry()
      void takeOver()
    },
  }, signal)
  const leftovers = setInterval(() => void takeOver(), LEFTOVERS_MS)
  begin()

  return {
    async put(item) {
      const size = utf8Length(item.json)
      if (size <= MAX_RECORD_BYTES) return outbox.put({ ...item, at: Date.now(), size })
      onFate({ batchId: '', uniqueIds: [item.id], outcome: 'rejected', reason: 'too_large', via: 'beacon' })
    },
    flush() {
      outbox.seal()
      return courier.flush()
    },
    wake(key, proof) {
      // What is not sealed yet would miss it.
      outbox.seal()
      courier.wake(key, proof)
    },
    async close() {
      clearInterval(leftovers)
      closing.abort()
      stopReceipts?.()
      outbox.leave()
      courier.clear()
      tabs.leave()
    },
  }
}

const newId = (): string => Math.random().toString(36).slice(2, 10)
