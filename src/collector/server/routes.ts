import type { Collector } from '../collector.js'
import type { Readiness } from './health.js'

export interface RoutesOptions {
  collector: Pick<Collector, 'fetch'>
  health: { read(): Promise<Readiness> }
  metrics: { read(): Promise<{ contentType: string; text: string }> }
}

const uncached = { 'cache-control': 'no-store' }

/** What those who run the server ask for; every other request is the collector's, whatever its path. */
export function createRoutes({ collector, health, metrics }: RoutesOptions): (request: Request) => Response | Promise<Response> {
  const operational: Record<string, () => Response | Promise<Response>> = {
    '/livez': () => new Response('alive\n', { headers: uncached }),
    async '/readyz'() {
      const { ready, ...details } = await health.read()
      return Response.json({ ready, ...details }, { status: ready ? 200 : 503, headers: uncached })
    },
    async '/metrics'() {
      const { contentType, text } = await metrics.read()
      return new Response(text, { headers: { ...uncached, 'content-type': contentType } })
    },
  }

  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return collector.fetch(request)
    const { pathname } = new URL(request.url)
    return (Object.hasOwn(operational, pathname) ? operational[pathname] : undefined)?.() ?? collector.fetch(request)
  }
}
