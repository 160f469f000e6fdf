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

/** Replaces an entry; without a text, removes it. Gives whether that was possible: the storage may be full. */
export function setEntry(store: Store, key: string, text?: string): boolean {
  try {
    if (text) store[key] = text
    else delete store[key]
    return true
  } catch {
    return false
  }
}
