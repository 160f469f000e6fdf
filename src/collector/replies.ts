import type { Answer } from '../wire/payloads.js'
import { formatRetryAfter } from './retry-after.js'
import type { Call, Reply } from './call.js'
import type { Refusal } from './door/refusal.js'

/** A browser's own code sends none; tools that add headers do. */
export function preflight(headers: Record<string, string>): Reply {
  return {
    status: 204,
    headers: { ...headers, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'Content-Type', 'access-control-max-age': '86400' },
    body: null,
  }
}

/** Only a batch without any rejection gets the headers by which a page learns that its beacon arrived. */
export function accepted(answer: Answer, headers: Record<string, string>, call: Call): Reply {
  if (answer.rejected.length === 0) {
    headers['server-timing'] = `accepted;desc="${answer.accepted}"`
    const origin = headers['access-control-allow-origin']
    if (origin !== undefined) headers['timing-allow-origin'] = origin
  }
  return json(200, isOpaque(call) ? undefined : answer, headers)
}

export function refused({ status, code, message, retryAfterMs }: Refusal, headers: Record<string, string>): Reply {
  if (status === 405) headers['allow'] = 'POST, OPTIONS'
  if (retryAfterMs !== undefined) headers['retry-after'] = formatRetryAfter(retryAfterMs)
  return json(status, { error: code, message }, headers)
}

/**
 * A beacon to another origin: nobody can read its answer, and Chromium turns one that looks like JSON into a network
 * error, whose resource timing entry would deny the receipt.
 * @see https://github.com/annevk/orb Opaque Response Blocking
 */
function isOpaque(call: Call): boolean {
  return call.header('sec-fetch-mode') === 'no-cors' && call.header('sec-fetch-site') !== 'same-origin'
}

function json(status: number, body: unknown, headers: Record<string, string>): Reply {
  headers['cache-control'] = 'no-store'
  if (body === undefined) return { status, headers, body: null }
  headers['content-type'] = 'application/json'
  // It quotes ids that were sent: no browser may take it for a page.
  headers['x-content-type-options'] = 'nosniff'
  return { status, headers, body: JSON.stringify(body) }
}
