import type { Answer } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import type { SpoolItem } from './spool/spool.js'

export interface SinkItem extends SpoolItem {
  /**
   * Why a record is rejected, unless its id is known: a clock that was set meanwhile does not undo what was decided
   * before. It has no JSON text of its own.
   */
  unlessKnown?: Reason
}

/** What a sink made of the items it was given; they are counted whatever their kind. */
export type Taken = Answer

/**
 * Where checked items go. There are two: `direct-sink.ts` (Amberflo itself) and `spool/spooled-sink.ts` (a durable
 * queue in front of it).
 */
export interface Sink {
  /**
   * Resolves when all items are where they must be for the browser to forget them; rejects, with
   * `NotNowError` or `SpoolFullError`, when the batch must be sent again as a whole. A record whose id
   * this customer has used before keeps the JSON text it had then, whatever it has now.
   */
  take(items: readonly SinkItem[]): Promise<Taken>
  /** There is no room for more: what only waits for company goes now. Under a flood nothing else would get its turn. */
  hurry(): void
  /** Called when all that was taken has been answered. Resolves when nothing is open any more. */
  close(): Promise<void>
}

/** The batch cannot be taken at the moment. */
export class NotNowError extends Error {
  override name = 'NotNowError'

  constructor(
    message: string,
    /** How long the sender should wait, in milliseconds, when that is known. */
    readonly retryAfterMs?: number,
  ) {
    super(message)
  }
}
