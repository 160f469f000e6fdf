/** One opaque thing to deliver. Its text is final: it is kept, sent and sent again as it is. */
export interface Item {
  id: string
  /** The list of the envelope that it travels in. */
  kind: 'records' | 'customers'
  /** Whose it is: a batch holds items of one key only. Of `customers`, only the newest of a key waits. */
  key: string
  /** The token that was current when it was made; a batch holds items under one proof only. */
  proof?: string | undefined
  json: string
}

/** An item that waits. */
export interface Entry extends Item {
  /** When it came, epoch milliseconds. */
  at: number
  /** Bytes of UTF-8. */
  size: number
}

export const isCustomer = (item: Item): boolean => item.kind === 'customers'

/**
 * The token of `key`, which pays now; where there is none it is asked for, and `wake` tells when it has come. With
 * `refused`, of somebody who need not be who pays now: another token than that one, or, with `null`, the one there is.
 */
export type ProofOf = (key: string, refused?: string | null) => string | undefined

/** What became of some items, once that is known. */
export interface Fate {
  /** Empty where an item never came into a batch. */
  batchId: string
  uniqueIds: string[]
  outcome: 'accepted' | 'rejected' | 'dropped'
  reason?: string
  /** How the fate was learnt, or which way was tried last. */
  via: 'beacon' | 'fetch'
}

/** Sizes that close a batch: items, bytes of UTF-8, and milliseconds after its first item. */
export interface Limits {
  maxRecords: number
  maxBytes: number
  maxDelayMs: number
}

/**
 * The length of a JSON text in UTF-8. Most have nothing to replace, which costs a third of a `TextEncoder`.
 *
 * @throws URIError for half a surrogate pair, of which JSON has none
 */
export const utf8Length = (json: string): number => json.replace(/[^\0-\x7f]+/g, (run) => unescape(encodeURI(run))).length
