import type { Call } from '../call.js'
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
export async function readText(call: Call, limits: BodyLimits): Promise<string> {
  const encoding = call.header('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw new Refusal('bad_encoding', 'Send the body without a Content-Encoding.')
  if (Number(call.header('content-length')) > limits.bodyBytes) throw tooLarge(limits)
  const bytes = await call.read(limits.bodyBytes, limits.readTimeoutMs)
  if (bytes === 'too_slow') throw new Refusal('too_slow', `The body did not arrive within ${limits.readTimeoutMs} ms.`)
  // Nobody will read this answer.
  if (bytes === 'cut_short') throw new Refusal('too_slow', 'The body ended before it was complete.')
  if (bytes === 'too_large' || bytes.byteLength > limits.bodyBytes) throw tooLarge(limits)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('bad_encoding', 'The body is not UTF-8.')
  }
}

const tooLarge = ({ bodyBytes }: BodyLimits) => new Refusal('too_large', `The body is over ${bodyBytes} bytes. Send fewer records at once.`)
