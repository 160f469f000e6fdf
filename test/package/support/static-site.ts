import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { createCollector, mintToken } from '../../../src/collector/index.js'
import { startServer } from '../../e2e/support/server.js'

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript' }

/** Serves a folder's files as they are, with a collector at `/usage` and tokens of `customer-1` at `/usage/token`. */
export async function serveFolder(folder: string, { AMBERFLO_API_KEY, AMBERFLO_URL, COLLECTOR_TOKEN_SECRET }: Record<string, string>): Promise<{ url: string; close(): Promise<void> }> {
  const secret = COLLECTOR_TOKEN_SECRET!
  const collector = createCollector({ apiKey: AMBERFLO_API_KEY, amberfloUrl: AMBERFLO_URL, tokenSecret: secret })
  const server = await startServer(
    getRequestListener(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/usage') return collector.fetch(request)
      if (pathname === '/usage/token') return new Response(await mintToken({ secret, customerId: 'customer-1' }))
      const path = pathname === '/' ? '/index.html' : pathname
      const file = await readFile(join(folder, path)).catch(() => undefined)
      const type = types[path.split('.').at(-1)!] ?? 'application/octet-stream'
      return file ? new Response(new Uint8Array(file), { headers: { 'content-type': type } }) : new Response(null, { status: 404 })
    }),
  )
  return {
    url: `${server.origin}/`,
    async close() {
      await server.unplug()
      await collector.close()
    },
  }
}
