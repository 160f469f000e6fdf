import { leave, readBounded } from '../bytes.js'
import { Refusal } from './refusal.js'

const decoder = new TextDecoder('utf-8', { fatal: true })

export interface BodyLimits {
  bodyBytes: number
  readTimeoutMs: number
}

/**
 * Reads a request's text and counts what really comes: `Content-Length` may be missing or lie, and is
 * only believed when it says too much.
 */
export async function readText(request: Request, limits: BodyLimits): Promise<string> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw new Refusal('bad_encoding', 'Send the body without a Content-Encoding.')
  if (Number(request.headers.get('content-length')) > limits.bodyBytes) throw tooLarge(limits)
  const bytes = request.body === null ? new Uint8Array() : await readInTime(request.body, limits)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('bad_encoding', 'The body is not UTF-8.')
  }
}

async function readInTime(body: ReadableStream<Uint8Array>, limits: BodyLimits): Promise<Uint8Array> {
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
    // The sender went away in the middle of the body; nobody will read this answer.
    throw new Refusal('too_slow', 'The body ended before it was complete.')
  } finally {
    clearTimeout(timer)
  }
  if (late) throw new Refusal('too_slow', `The body did not arrive within ${limits.readTimeoutMs} ms.`)
  if (bytes === null) throw tooLarge(limits)
  return bytes
}

const tooLarge = ({ bodyBytes }: BodyLimits) => new Refusal('too_large', `The body is over ${bodyBytes} bytes. Send fewer records at once.`)
