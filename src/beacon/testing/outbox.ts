import { setImmediate as task } from 'node:timers/promises'
import type { Entry } from '../item.js'
import { createOutbox, type Outbox } from '../outbox.js'
import type { Store } from '../storage.js'
import { entry } from './courier.js'
import { createDisk } from './disk.js'
import { fakeLocks } from './locks.js'

export const ids = (items: readonly Entry[]): string[] => items.map(({ id }) => id)

/** What a page has left in `localStorage`. */
export const journal = (owner: string): Entry[] =>
  (JSON.parse(localStorage.getItem(`outbox ${owner}`) ?? '[]') as { items: Entry[] }[]).flatMap(({ items }) => items)

/** A page's outbox. All pages share one disk; this one has its locks for itself. */
export const openOutbox = (owner: string, disk = createDisk(), locks = fakeLocks(), store: Store = localStorage) => {
  const handed: Entry[][] = []
  const blocked: unknown[] = []
  const page = locks.page()
  const outbox = createOutbox(
    'outbox',
    owner,
    disk.transact,
    store,
    page,
    (items) => handed.push([...items]),
    (error) => blocked.push(error),
  )
  return {
    disk,
    outbox,
    crash: page.crash,
    handed,
    blocked,
    putAll: (items: Entry[]) => Promise.all(items.map(outbox.put)),
    /** Takes over what others have left, and waits until that has happened. */
    async takeOver() {
      await outbox.takeOver()
      for (let tasks = 0; tasks < 1_000; tasks++) await task()
    },
  }
}

/** Everything that is under way has been committed. */
export const settled = (outbox: Outbox) => outbox.put(entry('last'))
