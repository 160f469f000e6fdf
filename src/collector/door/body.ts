import { readBounded } from '../bytes.js'
import { Refusal } from './refusal.js'

const decoder = new TextDecoder('utf-8', { fatal: true })

export interface BodyLimits {
  bodyBytes: number
  readTimeoutMs: number
}

/** Reads a request's text, counting what really comes; `Content-Length` may only shorten the matter, never lengthen it. */
export async function readText(request: Request, { bodyBytes, readTimeoutMs }: BodyLimits): Promise<string> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw new Refusal('bad_encoding', 'Send the body without a Content-Encoding.')
  if (Number(request.headers.get('content-length')) > bodyBytes) throw tooLarge(bodyBytes)
  const bytes = await withinTime(readBounded(request.body, bodyBytes), readTimeoutMs)
  if (bytes === null) throw tooLarge(bodyBytes)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('bad_encoding', 'The body is not UTF-8.')
  }
}

const tooLarge = (bytes: number) => new Refusal('too_large', `The body is over ${bytes} bytes. Send fewer records at once.`)

async function withinTime<T>(reading: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refusal('too_slow', `The body did not arrive within ${ms} ms.`)), ms)
  })
  try {
    return await Promise.race([reading, late])
  } catch (error) {
    if (error instanceof Refusal) throw error
    // The sender went away in the middle of the body; nobody will read this answer.
    throw new Refusal('too_slow', 'The body ended before it was complete.')
  } finally {
    clearTimeout(timer)
    reading.catch(() => undefined)
  }
}
