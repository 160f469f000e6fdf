import { join } from './bytes.js'
import type { BodyFault, Call, Reply } from './call.js'

/** What is used of Node's `IncomingMessage`; of HTTP/2's `Http2ServerRequest` too. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly rawHeaders: readonly string[]
  readonly readableEnded: boolean
  readonly complete: boolean
  readonly socket: { readonly remoteAddress?: string | undefined; readonly destroyed: boolean; destroy(): unknown }
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  resume(): unknown
}

/** What is used of Node's `ServerResponse`; of HTTP/2's `Http2ServerResponse` too. */
export interface NodeResponse {
  readonly destroyed: boolean
  readonly headersSent: boolean
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body: string): unknown
}

/** How long what nobody wants to read may still come, so that the sender gets to see the answer, before the connection is cut. */
const DISCARD_MS = 500

const encoder = new TextEncoder()

/**
 * A request of Node's as a call, without web streams, which cost more than all the rest of its way.
 * Only what it is given is used: nothing of Node's is imported.
 */
export function fromIncoming(incoming: NodeRequest): Call {
  const { headers } = incoming
  const header = (name: string) => {
    const value = headers[name]
    return typeof value === 'string' ? value : null
  }
  const host = () => header('host') ?? header(':authority')
  let request: Request | undefined
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    host,
    header,
    read: (maxBytes, withinMs) => read(incoming, maxBytes, withinMs),
    ip: incoming.socket.remoteAddress,
    request: () => (request ??= toRequest(incoming, host())),
  }
}

/** Writes the reply; the connection stays usable. */
export function sendReply(incoming: NodeRequest, outgoing: NodeResponse, { status, headers, body }: Reply): void {
  // The sender has gone, or something before us has answered.
  if (outgoing.destroyed || outgoing.headersSent) return
  if (body !== null) headers['content-length'] = String(isAscii(body) ? body.length : encoder.encode(body).byteLength)
  else if (status !== 204) headers['content-length'] = '0'
  // What wraps `writeHead`, as middleware of Express does, may know objects only; Node itself is quicker with a list.
  outgoing.writeHead(status, Object.hasOwn(outgoing, 'writeHead') ? headers : listOf(headers))
  outgoing.end(body ?? '')
  if (!incoming.readableEnded) discardRest(incoming)
}

/** Names and values in turn, which Node takes too, though not all of its types say so. */
function listOf(headers: Record<string, string>): typeof headers {
  const list: string[] = []
  for (const name in headers) list.push(name, headers[name] as string)
  return list as never
}

const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text)

function read(incoming: NodeRequest, maxBytes: number, withinMs: number): Promise<Uint8Array | BodyFault> {
  return new Promise((resolve, reject) => {
    // A body parser that stands before us would have it.
    if (incoming.readableEnded) return reject(new Error('the body was read before the collector was given the request'))
    let chunks: Uint8Array[] | null = []
    let size = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const finish = (result: Uint8Array | BodyFault) => {
      chunks = null
      clearTimeout(timer)
      resolve(result)
    }
    incoming.on('data', (chunk) => {
      if (chunks === null) return
      size += chunk.byteLength
      chunks.push(chunk)
      if (size > maxBytes) finish('too_large')
    })
    incoming.on('end', () => chunks && finish(join(chunks, size)))
    incoming.on('close', () => chunks && finish('cut_short'))
    // Most bodies are there with their heads, and need no clock.
    queueMicrotask(() => {
      if (chunks !== null && !incoming.complete) timer = setTimeout(() => finish('too_slow'), withinMs)
    })
  })
}

function discardRest(incoming: NodeRequest): void {
  const timer = setTimeout(() => incoming.socket.destroy(), DISCARD_MS)
  const done = () => clearTimeout(timer)
  incoming.on('end', done)
  incoming.on('close', done)
  incoming.resume()
}

function toRequest({ method = 'GET', url = '/', rawHeaders, socket }: NodeRequest, host: string | null): Request {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    // HTTP/2 has the request's line among them.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1] as string)
  }
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http'
  const whole = url.startsWith('/') ? `${scheme}://${host}${url}` : url
  return new Request(URL.canParse(whole) ? whole : 'http://localhost/', { method, headers })
}
