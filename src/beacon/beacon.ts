import { MAX_RECORD_BYTES } from '../wire/limits.js'
import { post, sendBeacon } from './attempt.js'
import { createCourier } from './courier.js'
import { openDatabase } from './database.js'
import { utf8Length, type Fate, type Item, type Limits } from './item.js'
import { createOutbox, type Outbox } from './outbox.js'
import { watchReceipts } from './receipt.js'
import { openStore } from './storage.js'
import { openLocks } from './tabs.js'

/** A page that is still there so long after it was about to go has not gone: the click was on a download, for example. */
const STAYED_MS = 2_000
/** How often a page looks for what crashed ones have left. */
const LEFTOVERS_MS = 30_000

export interface BeaconOptions {
  /** Where batches go: absolute or a path of the page's origin, and may have a query of its own. Each address has an outbox of its own. */
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
  close(): void
}

/** Delivers items to a collector by beacons with receipts, over an outbox that outlives the page. */
export function createBeacon(options: BeaconOptions): Beacon {
  const { log, onFate } = options
  // A frame of `srcdoc` has its page's origin, but an address that no path goes with.
  const url = new URL(options.url, origin)
  const name = 'outbox ' + url.href
  const store = openStore()
  const locks = openLocks(store)
  const visible = () => document.visibilityState !== 'hidden'
  const closing = new AbortController()
  const { signal } = closing

  const stopReceipts = watchReceipts(url.origin !== origin, (id, accepted) => courier.receipt(id, accepted))

  const courier = createCourier({
    ...options,
    receipts: !!stopReceipts,
    visible,
    newId,
    send: (batchId, body) => sendBeacon(url, batchId, body),
    post: (batchId, body) => post(url, batchId, body, !visible()),
    forget: (items) => outbox.remove(items),
  })

  const transact = openDatabase(name)
  let outbox: Outbox
  // Of two customers the newer one counts, also where the clock has been set back between them, or since another page has left one.
  let latest = 0
  let isBlocked = false
  let lives = 0

  let timer: ReturnType<typeof setTimeout>
  const takeOver = () => {
    void outbox.takeOver()
    takeOverIn(LEFTOVERS_MS)
  }
  const takeOverIn = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(takeOver, ms)
  }

  /** The page begins, or would do so anew: others may take over what it had before the back/forward cache gives it back. */
  const begin = () => {
    courier.clear()
    const life = ++lives
    outbox = createOutbox(
      name,
      newId,
      transact,
      store,
      locks,
      // What was being read as the page left is for the outbox that it has now; what comes after `close`, for the next page.
      (items) => {
        if (life !== lives) return
        for (const { at } of items) latest = Math.max(latest, at)
        courier.add(items)
      },
      (error) => {
        if (!isBlocked) log('warn', `storage blocked or full, usage is in memory: ${error}`)
        isBlocked = true
      },
    )
  }

  const leave = () => {
    courier.leave()
    outbox.leave()
  }

  /** The network is back, or the page can be seen again. */
  const awake = () => {
    courier.hurry()
    takeOver()
  }

  const on = (type: string, listener: () => void, target: EventTarget = window) => target.addEventListener(type, listener, { signal })
  // Closing a tab gives this first, and beacons sent here arrive more often than those sent from `pagehide`, which comes
  // to `window` only; `freeze` comes to the document only.
  on('visibilitychange', () => (visible() ? awake() : leave()), document)
  on('freeze', leave, document)
  // Firefox decides before `pagehide` whether a page may be kept, and keeps none that holds a lock.
  on('beforeunload', () => {
    outbox.release()
    takeOverIn(STAYED_MS)
  })
  on('pagehide', () => {
    courier.leave()
    outbox.release()
    begin()
  })
  on('pageshow', takeOver)
  on('online', awake)
  begin()
  takeOver()

  return {
    async put(item) {
      const size = utf8Length(item.json)
      if (size <= MAX_RECORD_BYTES) return outbox.put({ ...item, at: Math.max(latest, Date.now()), size })
      onFate({ batchId: '', uniqueIds: [item.id], outcome: 'rejected', reason: 'too_large', via: 'beacon' })
    },
    flush: courier.flush,
    wake: courier.wake,
    close() {
      clearTimeout(timer)
      closing.abort()
      lives++
      stopReceipts?.()
      courier.clear()
      outbox.release()
    },
  }
}

const newId = (): string => Math.random().toString(36).slice(2)
