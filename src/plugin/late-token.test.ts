import { Context } from '@segment/analytics-next'
import type { Analytics } from '@segment/analytics-next'
import { createBeacon } from '../beacon/index.js'
import { createFactory } from './amberflo.js'

const originalFetch = globalThis.fetch
afterEach(() => {
  globalThis.fetch = originalFetch
})

const jwt = (sub: string, jti: number) => `h.${Buffer.from(JSON.stringify({ sub, jti })).toString('base64url')}.s`
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('sends what was made just before its token came, under a new one if that is refused', async () => {
  const sent: unknown[] = []
  const refused = [jwt('u2', 1)]
  const answer = { accepted: 1, duplicates: 0, rejected: [] }
  globalThis.fetch = (async (_url: string, { body }: { body: string }) => {
    const { token, records } = JSON.parse(body)
    sent.push([records[0].uniqueId, token])
    if (refused.includes(token)) return { status: 401, headers: new Headers() }
    return { status: 200, headers: new Headers(), json: async () => answer, text: async () => JSON.stringify(answer) }
  }) as unknown as typeof fetch

  let user = 'u1'
  let asked = 0
  const plugin = createFactory(createBeacon, () => Promise.reject())({
    collectorUrl: '/usage',
    token: async () => jwt(user, asked++),
    batch: { maxDelayMs: 1 },
  })
  const track = () => plugin.track(new Context({ type: 'track', event: 'A', messageId: `of ${user}`, userId: user }))
  const page = { queue: { plugins: [] } } as unknown as Analytics
  await plugin.load(new Context({ type: 'track' }), page)
  await track()
  await sleep(50)
  user = 'u2'
  await track()
  // Waits for the tokens as well.
  await plugin.flush()
  await plugin.unload!(new Context({ type: 'track' }), page)
  expect(sent).toEqual([['of u1', jwt('u1', 0)], ['of u2', jwt('u2', 1)], ['of u2', jwt('u2', 2)]])
})
