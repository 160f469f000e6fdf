import type { Entry } from './item.js'
import type { State } from './states.js'

/** How items of one key under one proof travel together. */
export interface Batch {
  /** Of the attempts since it rested last; empty before the first. */
  id: string
  key: string
  proof?: string | undefined
  /** The same while it is in flight. */
  items: Entry[]
  /** Bytes of UTF-8 of the items. */
  size: number
  state: State
  /** When its next step is due, by the monotonic clock. */
  dueAt: number
  /** Attempts that failed. */
  tries: number
  /** The way that was tried last. */
  via: 'beacon' | 'fetch'
  /** How many items may go together: fewer where more were too large, or one may be what the collector fails at. */
  most: number
  /** How many batches had been accepted when it failed last. */
  seen?: number
  /** A 401 has asked for a new token, which is done once. */
  renewed?: boolean
}

export const bytesOf = (items: readonly Entry[]): number => items.reduce((sum, item) => sum + item.size, 0)

/** The most bytes that the body of a batch can have: the envelope itself has fewer than 99 around items, commas and token. */
export const bodyBytes = (batch: Batch): number => batch.size + batch.items.length + 3 * (batch.proof ?? '').length + 99

/** The body of a batch; the texts of its items are put in as they are, the same at every attempt. */
export function envelope({ id, proof, items }: Batch, sentAt: number): string {
  const list = (kind: Entry['kind']) => {
    const texts = items.filter((item) => item.kind === kind).map(({ json }) => json)
    return texts[0] ? `,"${kind}":[${texts}]` : ''
  }
  return JSON.stringify({ v: 1, batch: id, sentAt, token: proof }).slice(0, -1) + list('customers') + list('records') + '}'
}
