import type { Call, Reply } from '../call.js'
import type { Readiness } from './health.js'

export interface RoutesOptions {
  respond(call: Call): Promise<Reply>
  health: { read(): Promise<Readiness> }
  metrics: { read(): Promise<{ contentType: string; text: string }> }
}

/** What those who run the server ask for; every other request is the collector's, whatever its path. */
export function createRoutes({ respond, health, metrics }: RoutesOptions): (call: Call) => Promise<Reply> {
  const operational: Record<string, () => Promise<Reply>> = {
    '/livez': async () => reply(200, 'text/plain;charset=UTF-8', 'alive\n'),
    async '/readyz'() {
      const readiness = await health.read()
      return reply(readiness.ready ? 200 : 503, 'application/json', JSON.stringify(readiness))
    },
    async '/metrics'() {
      const { contentType, text } = await metrics.read()
      return reply(200, contentType, text)
    },
  }

  return (call) => {
    if (call.method !== 'GET' && call.method !== 'HEAD') return respond(call)
    const path = call.url.split('?', 1)[0] as string
    return (Object.hasOwn(operational, path) ? operational[path] : undefined)?.() ?? respond(call)
  }
}

const reply = (status: number, contentType: string, body: string): Reply => ({ status, headers: { 'cache-control': 'no-store', 'content-type': contentType }, body })
