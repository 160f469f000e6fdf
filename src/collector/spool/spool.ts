/** One thing that was accepted and must reach Amberflo once. */
export interface SpoolItem {
  kind: 'record' | 'customer'
  customerId: string
  /** A record's `uniqueId`; a customer's own id. Records are deduplicated by customer and id for at least 24 h. */
  id: string
  /** The final JSON text: what is sent upstream, the same at each attempt. */
  json: string
}

export interface Leased extends SpoolItem {
  /** The spool's own handle for `ack`, `retry` and `dead`. */
  lease: string
  /** How many attempts were made before this one. */
  attempts: number
  /** When the item was appended, epoch milliseconds. */
  appendedAt: number
}

export interface DeadLetter extends SpoolItem {
  lease: string
  reason: string
  diedAt: number
}

export interface SpoolStats {
  /** Items not yet acknowledged, leased ones included. */
  waiting: number
  bytes: number
  dead: number
  /** When the oldest waiting item was appended, or `null`. */
  oldestAt: number | null
}

/** `append` was refused because the spool holds all that it may. Nothing of the batch was taken. */
export class SpoolFullError extends Error {
  override name = 'SpoolFullError'
}

/** A durable queue between the browser's answer and Amberflo. Every implementation passes `conformance.ts`. */
export interface Spool {
  /** Resolves when all items are durable; rejects when none is. Known records are counted, and not taken again. */
  append(items: readonly SpoolItem[]): Promise<{ duplicates: number }>
  /** Up to `max` due items, oldest first, hidden from every other lease for `forMs`. */
  lease(max: number, forMs: number): Promise<Leased[]>
  /** Amberflo has them: they are gone for good, their ids stay known. */
  ack(items: readonly Leased[]): Promise<void>
  /** Not now: due again after `delayMs`. */
  retry(items: readonly Leased[], delayMs: number): Promise<void>
  /** Amberflo will never take them: kept apart, with the reason. */
  dead(items: readonly Leased[], reason: string): Promise<void>
  listDead(max: number): Promise<DeadLetter[]>
  /** Sends dead letters again; all of them when no leases are named. Gives how many. */
  retryDead(leases?: readonly string[]): Promise<number>
  stats(): Promise<SpoolStats>
  /** Runs `work` while nobody else, in this or another collector on the same spool, runs for this customer. */
  withCustomer<T>(customerId: string, work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}
