import { leave, readBounded } from '../bytes.js'
import { Refusal } from './refusal.js'

const decoder = new TextDecoder('utf-8', { fatal: true })

export interface BodyLimits {
  bodyBytes: number
  readTimeoutMs: number
}

/**
 * Reads a request's text and counts what really comes: `Content-Length` may be missing or lie, and is only
 * believed when it says too much.
 */
export async function readText(request: Request, limits: BodyLimits): Promise<string> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw new Refusal('bad_encoding', 'Send the body without a Content-Encoding.')
  const declared = request.headers.get('content-length')
  if (Number(declared) > limits.bodyBytes) throw tooLarge(limits)
  const bytes = isServersOwn(request) && /^\d+$/.test(declared ?? '') ? await readDeclared(request, limits) : await readStream(request, limits)
  if (bytes.byteLength > limits.bodyBytes) throw tooLarge(limits)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('bad_encoding', 'The body is not UTF-8.')
  }
}

/**
 * Servers on Node have their own kind of `Request`, which makes a stream only when asked, and at three times the
 * cost of all the rest. Its body came over HTTP, where it ends with its declared length.
 */
const isServersOwn = (request: Request) => Object.getPrototypeOf(request) !== Request.prototype

function readDeclared(request: Request, limits: BodyLimits): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(limits)), limits.readTimeoutMs)
    request
      .arrayBuffer()
      .then(resolve, () => reject(cutShort()))
      .finally(() => clearTimeout(timer))
  })
}

async function readStream({ body }: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  let late = false
  const timer = setTimeout(() => {
    late = true
    leave(reader)
  }, limits.readTimeoutMs)
  let bytes: Uint8Array | null
  try {
    bytes = await readBounded(reader, limits.bodyBytes)
  } catch {
    throw cutShort()
  } finally {
    clearTimeout(timer)
  }
  if (late) throw tooSlow(limits)
  if (bytes === null) throw tooLarge(limits)
  return bytes
}

const tooLarge = ({ bodyBytes }: BodyLimits) => new Refusal('too_large', `The body is over ${bodyBytes} bytes. Send fewer records at once.`)

const tooSlow = ({ readTimeoutMs }: BodyLimits) => new Refusal('too_slow', `The body did not arrive within ${readTimeoutMs} ms.`)

/** The sender went away in the middle of the body; nobody will read this answer. */
const cutShort = () => new Refusal('too_slow', 'The body ended before it was complete.')
