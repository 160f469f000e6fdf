import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server on loopback that can be unplugged and plugged in again at the same port. */
export interface Pluggable {
  origin: string
  /** Refuses new connections and drops the open ones. */
  unplug(): Promise<void>
  plug(): Promise<void>
}

export async function startServer(listener: RequestListener): Promise<Pluggable> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    unplug: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    async plug() {
      for (let attempt = 1; !server.listening; attempt++) {
        // Another program may have been given the port for a moment.
        await listen(port).catch(async (error: unknown) => {
          if (attempt === 50) throw error
          await sleep(100)
        })
      }
    },
  }
}

/** The whole body. Rejects when the connection ends before it does. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
