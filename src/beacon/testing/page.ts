import { setImmediate as task } from 'node:timers/promises'
import { IDBFactory } from 'fake-indexeddb'
import { createBeacon, type BeaconOptions } from '../beacon.js'
import type { Fate, Item } from '../item.js'
import { idsIn } from './courier.js'
import { fakeLocks } from './locks.js'
import { fakeObserver } from './observer.js'

const become = (state: DocumentVisibilityState) => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

export const hide = (): void => become('hidden')
export const show = (): void => become('visible')

export const item = (id: string, given: Partial<Item> = {}): Item => ({ id, kind: 'records', key: 'ann', json: JSON.stringify({ uniqueId: id }), ...given })

/** Waits for what needs the disk. */
export async function until(done: () => unknown): Promise<void> {
  for (let tasks = 0; tasks < 500; tasks++) {
    if (await done()) return
    await task()
  }
  throw new Error(`waited in vain until ${done}`)
}

export interface Request {
  via: 'beacon' | 'fetch'
  url: string
  body: string
}

/** One browser: an origin's storage, locks and network, on which pages can be opened. */
export function createBrowser() {
  const requests: Request[] = []
  const network = { up: true, receipts: true }
  const locks = fakeLocks()
  const observer = fakeObserver()
  const localStorageHere = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')!
  const fetchHere = globalThis.fetch
  globalThis.indexedDB = new IDBFactory()
  localStorage.clear()
  show()

  const sendBeacon = (url: string, body: string) => {
    requests.push({ via: 'beacon', url, body })
    if (network.receipts) {
      const serverTiming = network.up ? [{ name: 'accepted' }] : []
      void task().then(() => observer.report({ name: url, initiatorType: 'beacon', serverTiming, responseStart: 0 }))
    }
    return true
  }
  Object.defineProperty(navigator, 'sendBeacon', { value: sendBeacon, configurable: true })
  globalThis.fetch = (async (url: string, { body }: { body: string }) => {
    requests.push({ via: 'fetch', url, body })
    if (!network.up) throw new TypeError('failed to fetch')
    return { status: 200, headers: new Headers(), json: async () => ({ accepted: 0, duplicates: 0, rejected: [] }) }
  }) as unknown as typeof fetch

  return {
    requests,
    network,
    locks,
    observer,
    /** The ids in each request, in their order. */
    sent: () => requests.map(({ via, body }) => `${via} ${idsIn(body).join()}`),
    open(given: Partial<BeaconOptions> = {}, lockManager: LockManager | undefined = locks.page()) {
      Object.defineProperty(navigator, 'locks', { value: lockManager, configurable: true })
      const fates: Fate[] = []
      const warnings: string[] = []
      const beacon = createBeacon({
        url: '/usage',
        limits: { maxRecords: 100, maxBytes: 48 * 1024, maxDelayMs: 1_000 },
        onFate: (fate) => fates.push(fate),
        log: (level, message) => level === 'warn' && warnings.push(message),
        ...given,
      })
      return { ...beacon, fates, warnings, ends: () => fates.flatMap(({ uniqueIds, outcome }) => uniqueIds.map((id) => `${id} ${outcome}`)) }
    },
    /** How many rows are on the disk. */
    async rows() {
      const counts = (await indexedDB.databases()).map(
        ({ name }) =>
          new Promise<number>((resolve, reject) => {
            const opening = indexedDB.open(name!)
            opening.onerror = () => reject(opening.error)
            opening.onsuccess = () => {
              const counting = opening.result.transaction('rows').objectStore('rows').count()
              counting.onsuccess = () => resolve(counting.result)
            }
          }),
      )
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    },
    blockLocalStorage: () =>
      Object.defineProperty(globalThis, 'localStorage', {
        get() {
          throw new DOMException('blocked', 'SecurityError')
        },
        configurable: true,
      }),
    shut() {
      observer.uninstall()
      globalThis.fetch = fetchHere
      Object.defineProperty(globalThis, 'localStorage', localStorageHere)
      localStorage.clear()
      for (const name of ['sendBeacon', 'locks']) Reflect.deleteProperty(navigator, name)
      show()
    },
  }
}
