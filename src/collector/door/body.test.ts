import type { BodyLimits } from './body.js'
import { fromRequest } from '../web.js'
import { readText as readCall } from './body.js'

const readText = (request: Request, limits: BodyLimits) => readCall(fromRequest(request), limits)
const limits = { bodyBytes: 10, readTimeoutMs: 1000 }
type Chunks = (string | Uint8Array | number)[]

/** A body of chunks; a number is a pause in milliseconds. */
function slowBody(chunks: Chunks, onCancel = () => undefined): ReadableStream<Uint8Array> {
  const rest = [...chunks]
  return new ReadableStream({
    async pull(controller) {
      let chunk = rest.shift()
      while (typeof chunk === 'number') {
        const ms = chunk
        await new Promise((resolve) => setTimeout(resolve, ms))
        chunk = rest.shift()
      }
      if (chunk === undefined) controller.close()
      else controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
    },
    cancel: onCancel,
  })
}

const request = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request('https://c.test/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

const read = async (body: BodyInit | null, headers?: Record<string, string>, change = {}) => {
  try {
    return await readText(request(body, headers), { ...limits, ...change })
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

test.each<[string, Chunks, string]>([
  ['whole', ['0123456789'], '0123456789'],
  ['in pieces, cut inside a character', [new Uint8Array([0xc3]), new Uint8Array([0xbc])], 'ü'],
  ['nothing', [], ''],
  ['a byte too many', ['0123456789a'], 'too_large'],
  ['a byte too many, in pieces', ['01234', '56789', 'a'], 'too_large'],
  ['too many bytes in few characters', ['üüüüüü'], 'too_large'],
  ['not UTF-8', [new Uint8Array([0xff])], 'bad_encoding'],
  ['a surrogate in UTF-8', [new Uint8Array([0xed, 0xa0, 0x80])], 'bad_encoding'],
])('%s', async (_, chunks, expected) => {
  expect(await read(slowBody(chunks))).toBe(expected)
})

test('no body at all is an empty one', async () => {
  expect(await read(null)).toBe('')
})

test('a Content-Length that says too much is believed at once, one that says too little never', async () => {
  const cancelled = jest.fn()
  expect(await read(slowBody(['0'], cancelled), { 'content-length': '11' })).toBe('too_large')
  expect(await read(slowBody(['0123456789', 'a', 'b']), { 'content-length': '1' })).toBe('too_large')
  expect(await read('0', { 'content-length': 'x' })).toBe('0')
})

test('reads no further than it must', async () => {
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(8))
    },
  })
  expect(await read(endless, { 'content-length': '1' })).toBe('too_large')
  expect(pulled).toBeLessThan(5)
})

test('a sender that is too slow is left', async () => {
  const cancelled = jest.fn()
  expect(await read(slowBody(['0', 500, '1'], cancelled), {}, { readTimeoutMs: 30 })).toBe('too_slow')
  expect(cancelled).toHaveBeenCalled()
})

test('a sender that goes away is no error of ours', async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error('reset'))
    },
  })
  expect(await read(broken)).toBe('too_slow')
})

test('a compressed body is refused', async () => {
  expect(await read('0', { 'content-encoding': 'gzip' })).toBe('bad_encoding')
  expect(await read('0', { 'content-encoding': 'identity' })).toBe('0')
})

describe('a server’s own kind of request', () => {
  /** As adapters make them: no stream unless asked. */
  class OwnRequest extends Request {
    override get body(): never {
      throw new Error('the stream was made')
    }
  }

  const own = (body: BodyInit, length: number) => new OwnRequest('https://c.test/', { method: 'POST', body, headers: { 'content-length': String(length) }, duplex: 'half' } as RequestInit)

  test('is read without its stream when its length is declared', async () => {
    expect(await readText(own('0123456789', 10), limits)).toBe('0123456789')
    await expect(readText(own('0123456789a', 10), limits)).rejects.toMatchObject({ code: 'too_large' })
    await expect(readText(own('0123456789a', 11), limits)).rejects.toMatchObject({ code: 'too_large' })
  })

  test('may be slow, or cut short', async () => {
    await expect(readText(own(slowBody(['0', 300, '1']), 2), { ...limits, readTimeoutMs: 20 })).rejects.toMatchObject({ code: 'too_slow' })
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) })
    await expect(readText(own(broken, 2), limits)).rejects.toMatchObject({ code: 'too_slow' })
  })
})
