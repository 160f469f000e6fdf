import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { createCollector, mintToken, type CollectorOptions } from '../../../src/collector/index.js'
import { startServer } from '../../e2e/support/server.js'

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' }

/** Serves a folder's files as they are, with a collector at `/usage` and tokens of `customer-1` at `/usage/token`. */
export async function serveFolder(folder: string, options: CollectorOptions): Promise<{ url: string; close(): Promise<void> }> {
  const collector = createCollector(options)
  const secret = options.tokenSecret
  const server = await startServer(
    getRequestListener(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/usage') return collector.fetch(request)
      if (pathname === '/usage/token' && secret) return new Response(await mintToken({ secret, customerId: 'customer-1' }))
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
