import { MAX_INGEST_RECORDS } from './client.js'
import type { AmberfloClient } from './client.js'

/** What became of each item of a delivery. */
export interface Delivered<T> {
  taken: T[]
  refused: { item: T; status: number }[]
  later: T[]
  retryAfterMs?: number
}

/**
 * Sends records to Amberflo, at most 100 in one request. Where a request is refused it is halved until
 * the bad record is alone, so that one record never holds up or loses another.
 */
export async function deliver<T extends { json: string }>(client: Pick<AmberfloClient, 'ingest'>, items: readonly T[]): Promise<Delivered<T>> {
  const delivered: Delivered<T> = { taken: [], refused: [], later: [] }

  async function send(part: readonly T[]): Promise<void> {
    const outcome = await client.ingest(part.map((item) => item.json))
    if (outcome.kind === 'taken') {
      delivered.taken.push(...part)
    } else if (outcome.kind === 'later') {
      delivered.later.push(...part)
      if (outcome.retryAfterMs !== undefined) delivered.retryAfterMs = Math.max(delivered.retryAfterMs ?? 0, outcome.retryAfterMs)
    } else if (part.length === 1) {
      delivered.refused.push({ item: part[0] as T, status: outcome.status })
    } else {
      const middle = part.length >> 1
      await send(part.slice(0, middle))
      await send(part.slice(middle))
    }
  }

  const parts: Promise<void>[] = []
  for (let at = 0; at < items.length; at += MAX_INGEST_RECORDS) parts.push(send(items.slice(at, at + MAX_INGEST_RECORDS)))
  await Promise.all(parts)
  return delivered
}
