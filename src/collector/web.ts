import { leave, readBounded } from './bytes.js'
import type { BodyFault, Call, Reply } from './call.js'

/** A web request as a call. */
export function fromRequest(request: Request): Call {
  const { headers } = request
  return {
    method: request.method,
    url: request.url,
    // Some servers, Next.js among them, put their own name into the URL.
    host: () => headers.get('host') ?? /^\w+:\/\/([^/?#]+)/.exec(request.url)?.[1] ?? null,
    header: (name) => headers.get(name),
    read: (maxBytes, withinMs) =>
      isServersOwn(request) && /^\d+$/.test(headers.get('content-length') ?? '') ? readDeclared(request, withinMs) : readStream(request, maxBytes, withinMs),
    ip: undefined,
    request: () => request,
  }
}

export const toResponse = ({ status, headers, body }: Reply): Response => new Response(body, { status, headers })

/**
 * Servers on Node have their own kind of `Request`, which makes a stream only when asked, and at three times the
 * cost of all the rest. Its body came over HTTP, where it ends with its declared length.
 */
const isServersOwn = (request: Request) => Object.getPrototypeOf(request) !== Request.prototype

function readDeclared(request: Request, withinMs: number): Promise<Uint8Array | BodyFault> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('too_slow'), withinMs)
    request
      .arrayBuffer()
      .then((buffer) => resolve(new Uint8Array(buffer)), () => resolve('cut_short'))
      .finally(() => clearTimeout(timer))
  })
}

async function readStream({ body }: Request, maxBytes: number, withinMs: number): Promise<Uint8Array | BodyFault> {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  let late = false
  const timer = setTimeout(() => {
    late = true
    leave(reader)
  }, withinMs)
  try {
    const bytes = await readBounded(reader, maxBytes)
    return late ? 'too_slow' : (bytes ?? 'too_large')
  } catch {
    return 'cut_short'
  } finally {
    clearTimeout(timer)
  }
}
