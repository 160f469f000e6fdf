/** What is written at once, and outlives the page. */
export type Store = Record<string, string>

/** `localStorage`, or memory where the browser blocks it: reading the property throws there, or gives `null`. */
export function openStore(): Store {
  try {
    return localStorage ?? {}
  } catch {
    return {}
  }
}

/** Replaces an entry; without a text, removes it. */
export function setEntry(store: Store, key: string, text?: string | false): void {
  try {
    if (text) store[key] = text
    else delete store[key]
  } catch {
    // Full: nobody can do without the entry, and nobody can help it.
  }
}
