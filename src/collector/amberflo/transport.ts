import { readBounded } from '../bytes.js'

export interface SendRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
  /** Of the answer, no more than this is read. */
  maxBytes: number
  timeoutMs: number
}

export interface SendReply {
  status: number
  text: string
  retryAfter: string | null
}

/**
 * Sends one request, follows no redirect, and reads its answer to the end; `null` when that is too long.
 * Rejects when there is none in time.
 */
export type Send = (request: SendRequest) => Promise<SendReply | null>

/** Sends by `fetch`, as every runtime can. */
export function sendByFetch(given?: typeof fetch): Send {
  const decoder = new TextDecoder()
  // Looked up each time: what is global may be replaced.
  const send: typeof fetch = given ?? ((input, init) => globalThis.fetch(input, init))
  return async ({ url, method, headers, body, maxBytes, timeoutMs }) => {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new DOMException(`no answer in ${timeoutMs} ms`, 'TimeoutError')), timeoutMs)
    try {
      // `error` would say it better than `manual`, but Workers refuse that word.
      const response = await send(url, { method, headers, body, redirect: 'manual', signal: deadline.signal })
      const bytes = response.body === null ? new Uint8Array() : await readBounded(response.body.getReader(), maxBytes)
      return bytes && { status: response.status, text: decoder.decode(bytes), retryAfter: response.headers.get('retry-after') }
    } finally {
      clearTimeout(timer)
    }
  }
}
