import { createSender } from './attempt.js'

const { send, post } = createSender(new URL('https://usage.example.com/in?site=a%20b'))
const originals = { fetch: globalThis.fetch, timeout: AbortSignal.timeout }
const replyWith = (status: number, body: string, headers: Record<string, string> = {}) => {
  const fetch = jest.fn(async (..._: unknown[]) => ({ status, headers: new Headers(headers), json: async () => JSON.parse(body) as unknown }))
  globalThis.fetch = fetch as unknown as typeof globalThis.fetch
  return fetch
}

afterEach(() => {
  globalThis.fetch = originals.fetch
  AbortSignal.timeout = originals.timeout
  Reflect.deleteProperty(navigator, 'sendBeacon')
})

describe('send', () => {
  const stub = (value: unknown) => Object.defineProperty(navigator, 'sendBeacon', { value, configurable: true })

  it('adds the batch’s id to the query and sends a plain string', () => {
    const calls: unknown[][] = []
    stub(function (this: unknown, ...args: unknown[]) {
      calls.push([this === navigator, String(args[0]), args[1]])
      return true
    })
    expect(send('8f14e45f', '{}')).toBe(true)
    expect(calls).toEqual([[true, 'https://usage.example.com/in?site=a+b&b=8f14e45f', '{}']])
  })

  it.each([
    ['refuses', () => false],
    ['throws', () => { throw new TypeError('bad') }],
    ['is missing', undefined],
  ])('gives false where the browser’s own %s', (_, value) => {
    stub(value)
    expect(send('b0', '{}')).toBe(false)
  })
})

describe('post', () => {
  const nothing = { status: 0, retryAfter: 0, rejected: [] }

  it('sends a plain string with cookies, and needs no preflight', async () => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true })
    const rejected = [{ id: 'r1', reason: 'too_old' }]
    const fetch = replyWith(200, JSON.stringify({ accepted: 1, duplicates: 0, rejected }))
    expect(await post('b0', '{}')).toEqual({ status: 200, retryAfter: 0, rejected })
    const [address, init] = fetch.mock.calls[0] as [URL, RequestInit]
    expect(String(address)).toContain('b=b0')
    expect(init).toMatchObject({ method: 'POST', body: '{}', credentials: 'include', keepalive: true })
    expect(init).not.toHaveProperty('headers')
    Reflect.deleteProperty(document, 'hidden')
    await post('b1', '{}')
    expect(fetch.mock.calls[1]![1]).toMatchObject({ keepalive: false })
  })

  it('reads Retry-After', async () => {
    replyWith(503, '', { 'Retry-After': '3' })
    expect(await post('b0', '{}')).toEqual({ status: 503, retryAfter: 3_000, rejected: [] })
  })

  it.each(['null', '{}', '[]', '"ok"', '{"rejected":1}'])('a 200 with %s is not the collector’s', async (body) => {
    replyWith(200, body)
    expect(await post('b0', '{}')).toMatchObject({ status: 0 })
  })

  it('a captive portal’s page is no answer', async () => {
    replyWith(200, '<html>')
    expect(await post('b0', '{}')).toEqual(nothing)
  })

  it('gives up in the end', async () => {
    const timeout = jest.fn(() => AbortSignal.abort())
    AbortSignal.timeout = timeout
    globalThis.fetch = (async (_: unknown, init: RequestInit) => {
      if (init.signal?.aborted) throw new DOMException('aborted', 'AbortError')
    }) as unknown as typeof globalThis.fetch
    expect(await post('b0', '{}')).toEqual(nothing)
    expect(timeout).toHaveBeenCalledWith(30_000)
  })

  it('works where nothing can time out', async () => {
    Object.assign(AbortSignal, { timeout: undefined })
    replyWith(413, '')
    expect(await post('b0', '{}')).toMatchObject({ status: 413 })
  })
})
