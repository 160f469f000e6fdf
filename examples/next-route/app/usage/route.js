/** The collector as a route of the same application: `amberflo({ collectorUrl: '/usage' })` in its pages. */
import { createCollector } from 'amberflo-destination/collector'
import { readSession } from '../../lib/session.js'

let collector

export function POST(request) {
  // Made at the first request, not at build time, when there is no key.
  collector ??= createCollector({
    apiKey: process.env.AMBERFLO_API_KEY,
    amberfloUrl: process.env.AMBERFLO_URL,
    // The cookie travels by itself: the page needs no token, and only pages of this origin are believed.
    authenticate: readSession,
    // Next, or what stands before it, says which host the browser asked for.
    trustProxy: true,
  })
  return collector.fetch(request)
}
