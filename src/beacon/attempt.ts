import type { Answer } from '../wire/payloads.js'
import { retryAfterMs } from './backoff.js'
import { BATCH_PARAMETER } from './receipt.js'

const PATIENCE_MS = 30_000

/** What a `fetch` brought back; status 0 if nothing did. */
export interface Reply {
  status: number
  /** Milliseconds; 0 if the answer does not say. */
  retryAfter: number
  /** The collector's own answer; absent where something else answered, a captive portal for example. */
  answer?: Answer | undefined
}

const addressOf = (url: URL, batchId: string): URL => {
  const address = new URL(url)
  address.searchParams.set(BATCH_PARAMETER, batchId)
  return address
}

/**
 * Hands a batch to the browser. A plain string goes as `text/plain`, which needs no preflight.
 * `false`: the browser did not take it. `true` promises nothing.
 * @see https://www.w3.org/TR/beacon/#sendbeacon-method
 */
export function sendBeacon(url: URL, batchId: string, body: string): boolean {
  try {
    return navigator.sendBeacon(addressOf(url, batchId), body)
  } catch {
    return false
  }
}

/** Posts a batch and waits for the answer, for 30 s at most where the browser can end it. Never rejects. */
export async function post(url: URL, batchId: string, body: string, keepalive: boolean): Promise<Reply> {
  try {
    const response = await fetch(addressOf(url, batchId), {
      method: 'POST',
      body,
      credentials: 'include',
      keepalive,
      signal: AbortSignal.timeout?.(PATIENCE_MS) ?? null,
    })
    const { status } = response
    const answer = status === 200 && ((await response.json()) as Answer | null)
    return {
      status,
      retryAfter: retryAfterMs(response.headers.get('retry-after'), Date.now()),
      answer: answer && Array.isArray(answer.rejected) ? answer : undefined,
    }
  } catch {
    return { status: 0, retryAfter: 0 }
  }
}
