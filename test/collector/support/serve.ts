import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Collector } from '../../../src/collector/index.js'

/** The ways in which a collector is served on Node. */
export const servers = {
  listener: (collector: Collector) => createServer(collector.listener),
  'fetch, by an adapter of others': (collector: Collector) => createAdaptorServer({ fetch: (request) => collector.fetch(request) }),
}

/** A collector on a port of its own. */
export async function serve(collector: Collector, way: keyof typeof servers = 'listener') {
  const server = servers[way](collector)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/usage`,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Writes to a socket piece by piece, and gives all that came back until the other side ends or `ms` are over. */
export function speak(port: number, pieces: (string | number)[], ms = 3000): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1')
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(heard)
    }
    const timer = setTimeout(end, ms)
    socket.on('data', (chunk) => (heard += chunk.toString()))
    socket.on('close', end)
    socket.on('error', end)
    void (async () => {
      for (const piece of pieces) {
        if (typeof piece === 'number') await new Promise((wait) => setTimeout(wait, piece))
        else if (!socket.destroyed) socket.write(piece)
      }
    })()
  })
}
