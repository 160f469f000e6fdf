import { createCollector, mintToken } from 'amberflo-destination/collector'

/** The server's part: the only one that knows Amberflo's API key. */
export function createUsage({ AMBERFLO_API_KEY, AMBERFLO_URL, COLLECTOR_TOKEN_SECRET }) {
  const collector = createCollector({
    apiKey: AMBERFLO_API_KEY,
    amberfloUrl: AMBERFLO_URL,
    tokenSecret: COLLECTOR_TOKEN_SECRET,
  })
  return {
    collect: collector.listener,

    // A real site takes the customer from its own session.
    token: async (_request, response) => response.setHeader('cache-control', 'no-store').end(await mintToken({ secret: COLLECTOR_TOKEN_SECRET, customerId: 'customer-1' })),
  }
}
