import { serve, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { ConnectionReset, createSandbox, type SandboxOptions } from './sandbox.js'

export interface ServeOptions extends SandboxOptions {
  /** 0, the default, picks a free one. */
  port?: number
  hostname?: string
}

/** The sandbox as a Node server, on loopback unless said otherwise. Rejects when the port is taken. */
export async function serveSandbox({ port = 0, hostname = '127.0.0.1', ...options }: ServeOptions) {
  const sandbox = createSandbox(options)

  const fetch = async (request: Request, { incoming }: HttpBindings | Http2Bindings) => {
    try {
      return await sandbox.fetch(request)
    } catch (error) {
      if (!(error instanceof ConnectionReset)) throw error
      incoming.socket.resetAndDestroy()
      return new Response(null)
    }
  }

  // Node's 5 s are so short that a client which is busy may send into a connection that is just being closed.
  const server = serve({ fetch, port, hostname, serverOptions: { keepAliveTimeout: 65_000 } })
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port

  return {
    url: `http://${hostname}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
