import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Call, Reply } from '../call.js'
import { fromIncoming, sendReply } from '../node.js'

export interface ListenOptions {
  respond(call: Call): Promise<Reply>
  /** All of this machine's addresses by default. */
  host?: string | undefined
  /** 0 picks a free one. */
  port: number
}

export interface Listening {
  url: string
  /** Takes no new connection, answers the requests in hand with `Connection: close`, then resolves; what is not answered after `withinMs` is cut off. */
  drain(withinMs: number): Promise<void>
}

/**
 * A client that is slower than this with its head or its whole request is cut off; checked every 2 s. A page cannot help
 * how many cookies come along, and Node would answer too large a head with what the page may not read, unseen by the log.
 */
const serverOptions = { maxHeaderSize: 64 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2_000 }

/** Serves HTTP/1.1 until drained. Rejects when the port cannot be had. */
export async function listen({ respond, host, port }: ListenOptions): Promise<Listening> {
  let draining = false
  const server = createServer(serverOptions, (incoming, outgoing) => {
    const send = (reply: Reply) => {
      // What came next on this connection would be cut off.
      if (draining) reply.headers['connection'] = 'close'
      sendReply(incoming, outgoing, reply)
    }
    respond(fromIncoming(incoming)).then(send, () => send({ status: 500, headers: {}, body: null }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { address, port: bound } = server.address() as AddressInfo
  const inHand = countInHand(server)
  return {
    url: `http://${hostOf(address)}:${bound}`,
    drain(withinMs) {
      draining = true
      return drain(server, inHand, withinMs)
    },
  }
}

/** As one would type it: an address that means "all of this machine's" reads `localhost`. */
const hostOf = (address: string) =>
  address === '::' || address === '0.0.0.0' ? 'localhost' : address.includes(':') ? `[${address}]` : address

/** Gives how many requests are begun and not yet answered to the last byte. */
function countInHand(server: Server): () => number {
  let inHand = 0
  server.on('request', (_, response) => {
    inHand += 1
    response.once('close', () => (inHand -= 1))
  })
  return () => inHand
}

function drain(server: Server, inHand: () => number, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  return new Promise((resolve) => {
    // Browsers keep connections open for long, also ones that never asked anything: they are not waited for.
    const look = setInterval(() => {
      if (inHand() === 0 || performance.now() >= giveUpAt) server.closeAllConnections()
      else server.closeIdleConnections()
    }, 20)
    server.close(() => {
      clearInterval(look)
      resolve()
    })
  })
}
