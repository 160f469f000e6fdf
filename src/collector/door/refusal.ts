import { refusals } from '../events.js'
import type { RefusalCode } from '../events.js'

/** Thrown anywhere on a request's way: the whole request is refused with this answer. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number

  constructor(
    readonly code: RefusalCode,
    /** What is wrong and how to mend it, for the one who sends. Never says what only the operator may know. */
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message)
    this.status = refusals[code]
  }
}
