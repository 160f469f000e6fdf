import { getRequestListener } from '@hono/node-server'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { startAmberflo } from './amberflo.mjs'
import { createApp } from './app.mjs'
import { startCollector } from './collector.mjs'
import { createRoad } from './road.mjs'

/**
 * The whole path on this machine: page → collector → Amberflo or its sandbox.
 *
 * @param {{ port: number, host: string, env: Record<string, string | undefined> }} options port 0 picks a free one
 * @returns {Promise<{ url: string, kind: 'amberflo' | 'sandbox', failed: Promise<string>, close(): Promise<void> }>}
 *   `failed` resolves with the collector's last lines, should it end by itself
 */
export async function startPlayground({ port, host, env }) {
  // First of all the port, so that a taken one is known before anything else is started.
  const server = createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const bound = server.address().port

  const closing = [() => new Promise((resolve) => server.close(resolve).closeAllConnections())]
  const close = async () => {
    for (const step of closing.splice(0)) await step()
  }

  try {
    const tokenSecret = randomBytes(32).toString('base64url')
    const amberflo = await startAmberflo(env)
    closing.push(amberflo.close)
    const collector = await startCollector({
      apiKey: amberflo.apiKey,
      amberfloUrl: amberflo.url,
      tokenSecret,
      origins: [`http://localhost:${bound}`, `http://127.0.0.1:${bound}`],
    })
    // The collector first: it may still have something in hand for Amberflo.
    closing.splice(1, 0, collector.stop)

    const road = createRoad(collector.url)
    const site = getRequestListener(createApp({ amberflo, road, tokenSecret }).fetch)
    server.on('request', (request, response) => {
      if (/^\/usage(\?|$)/.test(request.url)) road.travel(request, response)
      else site(request, response)
    })
    return { url: `http://localhost:${bound}`, kind: amberflo.kind, failed: collector.exited, close }
  } catch (error) {
    await close()
    throw error
  }
}
