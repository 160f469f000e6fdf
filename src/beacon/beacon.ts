import { MAX_RECORD_BYTES } from '../wire/limits.js'
import { createSender } from './attempt.js'
import { createCourier } from './courier.js'
import { openDatabase } from './database.js'
import { utf8Length, type Fate, type Item, type Limits, type ProofOf } from './item.js'
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
  /** Where it is given, every batch needs a token: items that were made without one wait for `wake`. */
  proofOf?: ProofOf | undefined
  onFate(fate: Fate): void
  /** These items will be sent again. */
  onRetry?(uniqueIds: string[]): void
  log(level: 'debug' | 'warn', message: string): void
}

export interface Beacon {
  /** Resolves when the item is durable, or held in memory where storage is blocked. Never rejects. */
  put(item: Omit<Item, 'proof'>): Promise<void>
  /** Sends all that waits now; resolves when its fate is known, or its customer must come back first. */
  flush(): Promise<void>
  /** `proofOf` has a new token for the customer `key`: what was kept for it goes on. */
  wake(key: string): void
  /** Stops timers and listeners; what waits stays in the outbox for the next page. */
  close(): void
}

/** Delivers items to a collector by beacons with receipts, over an outbox that outlives the page. */
export function createBeacon(options: BeaconOptions): Beacon {
  const { log, onFate } = options
  // A frame of `srcdoc` has its page's origin, but an address that no path goes with; a file's origin goes with no address.
  const url = new URL((options.url[0] === '/' ? origin : '') + options.url)
  const name = 'outbox ' + url.href
  const store = openStore()
  const locks = openLocks(store)
  const closing = new AbortController()
  const { signal } = closing

  const observer = watchReceipts(url.origin !== origin, (id, accepted) => courier.receipt(id, accepted))

  const courier = createCourier({
    ...options,
    ...createSender(url),
    receipts: !!observer,
    visible: () => !document.hidden,
    newId,
    forget: (items) => outbox.remove(items),
  })

  const transact = openDatabase(name)
  let outbox: Outbox
  // Of two customers the newer one counts, also where the clock has been set back between them, or since another page has left one.
  let latest = 0
  /** Whose the newest item is. */
  let payer: string | undefined
  let isBlocked = false
  // Whether the page must begin an outbox: it has none yet, or all of what it had is in storage, for others to take over.
  let isOver = true

  /** What the page had is for whoever comes next, which may be itself. */
  const begin = () => {
    courier.clear()
    outbox = createOutbox(
      name,
      newId(),
      transact,
      store,
      locks,
      (items) => {
        for (const { at } of items) latest = Math.max(latest, at)
        // What comes after `close` is for the next page.
        if (!signal.aborted) courier.add(items)
      },
      (error) => {
        if (!isBlocked) log('warn', `storage blocked or full, usage is in memory: ${error}`)
        isBlocked = true
      },
    )
  }

  const takeOver = () => {
    if (isOver) begin()
    isOver = false
    void outbox.takeOver()
  }

  // The capture phase passes `window` on the way to the document too, which alone is told of some.
  const on = (type: string, listener: () => void) => addEventListener(type, listener, { signal, capture: true })
  /** The page goes, into the back/forward cache perhaps; unless it finds that it is still there. */
  const release = () => {
    isOver = outbox.release()
    setTimeout(takeOver, STAYED_MS)
  }
  const turn = () => {
    if (document.hidden) {
      courier.leave()
      outbox.leave()
    } else {
      takeOver()
      courier.hurry()
    }
  }
  // Closing a tab gives this first, and beacons sent here arrive more often than those sent from `pagehide`.
  on('visibilitychange', turn)
  // Only hidden pages are frozen.
  on('freeze', turn)
  // Firefox decides before `pagehide` whether a page may be kept, and keeps none that holds a lock.
  on('beforeunload', release)
  on('pagehide', () => {
    courier.leave()
    release()
  })
  on('online', turn)
  const timer = setInterval(takeOver, LEFTOVERS_MS)
  takeOver()

  return {
    async put(item) {
      const { key } = item
      const proof = options.proofOf?.(key)
      const size = utf8Length(item.json)
      // Somebody is back, perhaps: what was kept for them goes on.
      if (payer !== key) courier.wake((payer = key))
      if (size <= MAX_RECORD_BYTES) return outbox.put({ ...item, proof, at: Math.max(latest, Date.now()), size })
      onFate({ batchId: '', uniqueIds: [item.id], outcome: 'rejected', reason: 'too_large', via: 'beacon' })
    },
    flush: courier.flush,
    wake: courier.wake,
    close() {
      clearInterval(timer)
      isOver = false
      closing.abort()
      observer?.disconnect()
      courier.clear()
      outbox.release()
    },
  }
}

const newId = (): string => Math.random().toString(36).slice(2)
