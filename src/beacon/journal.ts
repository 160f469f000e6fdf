import type { Entry } from './item.js'

/**
 * Keeps in `localStorage` what a page could not commit before it went, since that is the only storage that is
 * written at once. One entry a page.
 */
export interface Journal {
  /** Replaces the page's entry; without items, removes it. */
  write(owner: string, items: readonly Entry[]): void
  owners(): string[]
  read(owner: string): Entry[]
}

export function createJournal(name: string, storage: Storage | undefined): Journal {
  const prefix = name + ' left '
  return {
    write(owner, items) {
      try {
        if (items.length) storage?.setItem(prefix + owner, JSON.stringify(items))
        else storage?.removeItem(prefix + owner)
      } catch {
        // Full: what was sent on leaving is all that can be done.
      }
    },
    owners: () =>
      Object.keys(storage ?? {})
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length)),
    read: (owner) => JSON.parse(storage?.getItem(prefix + owner) ?? '[]') as Entry[],
  }
}
