import type { Entry } from './item.js'
import { setEntry, type Store } from './storage.js'

/**
 * Keeps in `localStorage` what a page could not commit before it went, since that is the only storage that is
 * written at once. One entry a page.
 */
export interface Journal {
  /** Replaces the page's entry; without items, removes it. In a full storage, what was sent on leaving is all that can be done. */
  write(owner: string, items: readonly Entry[]): void
  owners(): string[]
  read(owner: string): Entry[]
}

export function createJournal(name: string, store: Store): Journal {
  const prefix = name + ' left '
  return {
    write: (owner, items) => setEntry(store, prefix + owner, items[0] && JSON.stringify(items)),
    owners: () => Object.keys(store).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : [])),
    read: (owner) => JSON.parse(store[prefix + owner] ?? '[]') as Entry[],
  }
}
