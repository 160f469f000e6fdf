/** The collector as a Cloudflare Worker. An answer with 200 means that Amberflo has the usage. */
import { createCollector } from 'amberflo-destination/collector'

let collector

export default {
  fetch(request, env, context) {
    // Made once for all requests of this instance: it remembers ids, verified tokens and limits.
    collector ??= createCollector({
      apiKey: env.AMBERFLO_API_KEY,
      amberfloUrl: env.AMBERFLO_URL,
      origins: env.COLLECTOR_ORIGINS.split(','),
      tokenSecret: env.COLLECTOR_TOKEN_SECRET,
      clientIp: ({ headers }) => headers.get('cf-connecting-ip') ?? undefined,
    })
    // With the context, a batch whose page has gone is brought to its end.
    return collector.fetch(request, env, context)
  },
}
