import type { Entry } from '../item.js'
import { createJournal } from '../journal.js'
import { createOutbox, type Outbox } from '../outbox.js'
import { entry } from './courier.js'
import { createDisk } from './disk.js'

export const ids = (items: readonly Entry[]): string[] => items.map(({ id }) => id)

/** A page's outbox. All pages share one disk. */
export const openOutbox = (owner: string, disk = createDisk()) => {
  const handed: Entry[][] = []
  const blocked: unknown[] = []
  const outbox = createOutbox({
    transact: disk.transact,
    journal: createJournal('outbox', localStorage),
    onItems: (items) => handed.push([...items]),
    onBlocked: (error) => blocked.push(error),
  })
  outbox.restart(owner)
  return { disk, outbox, handed, blocked, putAll: (items: Entry[]) => Promise.all(items.map(outbox.put)) }
}

/** Everything that is under way has been committed. */
export const settled = async (outbox: Outbox) => {
  await outbox.put(entry('last'))
  await outbox.owners()
}
