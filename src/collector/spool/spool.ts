/** One thing that was accepted and must reach Amberflo once. */
export interface SpoolItem {
  kind: 'record' | 'customer'
  customerId: string
  /** A record's `uniqueId`; a customer's own id. Records are deduplicated by customer and id. */
  id: string
  /** The final JSON text: what is sent upstream, the same at each attempt. */
  json: string
  /** The collector's clock is in it, so that a later arrival would be another text: its id stays known for `rememberCorrectedMs`. */
  corrected?: true
}

export interface Leased extends SpoolItem {
  /** The spool's own handle for `ack`, `retry` and `dead`. */
  lease: string
  /** How many times it was leased before. */
  attempts: number
  /** When the item was appended, epoch milliseconds. */
  appendedAt: number
}

export interface DeadLetter extends SpoolItem {
  /** The spool's own handle for `retryDead`. */
  lease: string
  reason: string
  /** Epoch milliseconds. */
  diedAt: number
}

export interface SpoolStats {
  /** Items not yet acknowledged, leased ones included. */
  waiting: number
  /** UTF-8 bytes of the waiting items' JSON. */
  bytes: number
  dead: number
  /** When the oldest waiting item was appended, epoch milliseconds, or `null`. */
  oldestAt: number | null
}

export interface SpoolOptions {
  /** `append` is refused beyond these two; 1,000,000 items and 512 MiB of JSON by default. */
  maxItems?: number
  maxBytes?: number
  /** How long a record's id stays known after it was appended, in milliseconds; 24 h by default. */
  rememberMs?: number
  /** The same for a corrected one; 31 days by default, because a page sends again for 30. */
  rememberCorrectedMs?: number
  /** How long a lease hides its items, and the longest delay of `retry`, in milliseconds; 30 s by default. */
  leaseMs?: number
  /** Told what makes the spool less durable than it should be. */
  warn?: ((message: string) => void) | undefined
}

export const spoolDefaults: Required<Omit<SpoolOptions, 'warn'>> = {
  maxItems: 1_000_000,
  maxBytes: 512 * 1024 * 1024,
  rememberMs: 24 * 60 * 60 * 1000,
  rememberCorrectedMs: 31 * 24 * 60 * 60 * 1000,
  leaseMs: 30_000,
}

/** `append` was refused because the spool holds all that it may. Nothing of the batch was taken. */
export class SpoolFullError extends Error {
  override name = 'SpoolFullError'
  constructor() {
    super('the spool is full')
  }
}

/**
 * A durable queue between the browser's answer and Amberflo. Every implementation passes `testing/conformance.ts`.
 * Any number of collectors may hold the same one, and any of them may die at any moment:
 * what it had leased falls due again when the lease ends.
 */
export interface Spool {
  readonly leaseMs: number
  /** Resolves when all items are durable; rejects when none is, or when it is not known. Known records are counted, and not taken again. */
  append(items: readonly SpoolItem[]): Promise<{ duplicates: number }>
  /** Which of these records are known. */
  knows(records: readonly SpoolItem[]): Promise<boolean[]>
  /** Where appends wait for others to share a write with: not any longer. */
  hurry?(): void
  /**
   * Up to `max` due items, oldest first, hidden from every other lease for `leaseMs`.
   * Customers of one id come out one at a time, in the order they were appended: the next only when the one before is gone.
   */
  lease(max: number): Promise<Leased[]>
  /** Amberflo has them: they are gone for good, their ids stay known. */
  ack(items: readonly Leased[]): Promise<void>
  /** Not now: due again after `delayMs`. */
  retry(items: readonly Leased[], delayMs: number): Promise<void>
  /** Amberflo will never take them: kept apart, with the reason. */
  dead(items: readonly Leased[], reason: string): Promise<void>
  /** Oldest first. */
  listDead(max: number): Promise<DeadLetter[]>
  /** Sends dead letters again; all of them when no leases are named. Gives how many. */
  retryDead(leases?: readonly string[]): Promise<number>
  stats(): Promise<SpoolStats>
  /** Runs `work` while nobody else, in this or another collector on the same spool, runs for this customer. */
  withCustomer<T>(customerId: string, work: () => Promise<T>): Promise<T>
  /** May be called more than once. */
  close(): Promise<void>
}
