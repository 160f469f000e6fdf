import type { Call } from '../call.js'
import { Refusal } from './refusal.js'

/** Who sends a request, as far as headers tell that a page's script cannot write. */
export interface Sender {
  /** The `Origin` header when it may post here; the answer's CORS headers name it. */
  origin: string | null
  /** `Sec-Fetch-Site`, where the engine sends it. */
  site: string | null
}

export interface OriginRules {
  /** Exact origins; without a list, only pages of the collector's own origin. */
  origins: ReadonlySet<string> | null
  /** Believe `X-Forwarded-Host`. */
  trustProxy: boolean
}

/**
 * Decides from the request itself, not by leaving it to CORS: a beacon arrives whatever CORS says.
 *
 * Every browser sends `Origin` with a POST. Where a list says who may post, a request without one is
 * refused like any other that is not on the list. Without a list the question is only whether a page of
 * another origin sent it, and none did; what it is worth then depends on its proof (see `identity.ts`).
 */
export function createOriginCheck({ origins, trustProxy }: OriginRules): (call: Call) => { sender: Sender; allowed: boolean } {
  return (call) => {
    const origin = call.header('origin')
    const site = call.header('sec-fetch-site')
    const allowed = origins === null ? isSameOrigin(call, origin, site, trustProxy) : origin !== null && origins.has(origin)
    return { sender: { origin: allowed && origin !== 'null' ? origin : null, site }, allowed }
  }
}

/** Hosts are compared, not schemes: behind a proxy that ends TLS the collector sees http. `Sec-Fetch-Site` knows the scheme. */
function isSameOrigin(call: Call, origin: string | null, site: string | null, trustProxy: boolean): boolean {
  if (site !== null && site !== 'same-origin') return false
  // Firefox and Safari hide a beacon's origin where the page's referrer policy is `no-referrer`; `Sec-Fetch-Site` tells it from a sandboxed frame's.
  if (origin === null || (origin === 'null' && site !== null)) return true
  // Where the collector is known to be asked by https, a page without it is another origin's.
  if (origin.startsWith('http:') && call.url.startsWith('https:')) return false
  const forwarded = trustProxy ? call.header('x-forwarded-host')?.split(',')[0]?.trim() : undefined
  const host = forwarded || call.host()
  if (host === null) return false
  // The usual case, without parsing anything.
  if (/^[a-z\d.-]+(:\d+)?$/.test(host) && (origin === `https://${host}` || origin === `http://${host}`)) return true
  const scheme = /^https?:/.exec(origin)?.[0]
  // The host may name the scheme's own port, which an origin never does.
  const own = `${scheme}//${host}`
  return scheme !== undefined && URL.canParse(own) && new URL(own).origin === origin
}

export function refuseOrigin(call: Call): Refusal {
  const origin = call.header('origin')
  return new Refusal(
    'origin_not_allowed',
    origin === null
      ? 'The request has no Origin header, and this collector takes usage only from the pages on its list.'
      : 'This origin may not post here. Add it to the collector’s `origins` (COLLECTOR_ORIGINS), exactly as the browser sends it: scheme, host and port.',
  )
}

/** What every answer to an allowed origin carries; other answers only say that they depend on the origin. */
export function corsHeaders({ origin }: Sender): Record<string, string> {
  if (origin === null) return { vary: 'Origin' }
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    // A beacon is sent without CORS: on a cross-origin isolated page its answer, and so its receipt, needs this.
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'Origin',
  }
}
