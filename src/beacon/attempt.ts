import type { Answer } from '../wire/payloads.js'
import { retryAfterMs } from './backoff.js'
import { BATCH_PARAMETER } from './receipt.js'

const PATIENCE_MS = 30_000

/** What a `fetch` brought back. */
export interface Reply {
  /** 0 if there was no answer, or a 200 that is not the collector's own, but a captive portal's for example. */
  status: number
  /** Milliseconds; 0 if the answer does not say. */
  retryAfter: number
  /** Of a 200: the records and customers that were refused alone. */
  rejected: Answer['rejected']
}

export interface Sender {
  /**
   * Hands a batch to the browser. A plain string goes as `text/plain`, which needs no preflight.
   * `false`: the browser did not take it. `true` promises nothing.
   * @see https://www.w3.org/TR/beacon/#sendbeacon-method
   */
  send(batchId: string, body: string): boolean
  /** Posts a batch and waits for the answer, for 30 s at most where the browser can end it. Never rejects. */
  post(batchId: string, body: string): Promise<Reply>
}

export function createSender(url: URL): Sender {
  /** A text: what wraps `fetch` or `sendBeacon` on a page may look at it later, and take anything else for a request. */
  const addressOf = (batchId: string): string => {
    url.searchParams.set(BATCH_PARAMETER, batchId)
    return url.href
  }

  return {
    send(batchId, body) {
      try {
        return navigator.sendBeacon(addressOf(batchId), body)
      } catch {
        return false
      }
    },
    async post(batchId, body) {
      try {
        const response = await fetch(addressOf(batchId), {
          method: 'POST',
          body,
          credentials: 'include',
          keepalive: document.hidden,
          signal: AbortSignal.timeout?.(PATIENCE_MS),
        })
        const { status, headers } = response
        return {
          status,
          retryAfter: retryAfterMs(headers.get('retry-after'), Date.now()),
          // Throws where there is no such list.
          rejected: status === 200 ? [...((await response.json()) as Answer).rejected] : [],
        }
      } catch {
        return { status: 0, retryAfter: 0, rejected: [] }
      }
    },
  }
}
