import { createCollector } from 'amberflo-destination/collector'

/** Made at the first request, as the key is there when the server runs, not when it is built. */
let collector

export function POST(request) {
  collector ??= createCollector({
    apiKey: process.env.AMBERFLO_API_KEY,
    amberfloUrl: process.env.AMBERFLO_URL,
    tokenSecret: process.env.COLLECTOR_TOKEN_SECRET,
    // Next.js knows the page's host from X-Forwarded-Host, which it sets itself; `request.url` has the server's own.
    trustProxy: true,
  })
  return collector.fetch(request)
}
