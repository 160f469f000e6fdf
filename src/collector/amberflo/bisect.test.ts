import fc from 'fast-check'
import { deliver } from './bisect.js'
import type { Outcome } from './client.js'

/** An Amberflo that refuses any request with a bad record in it. */
function upstream(isBad: (json: string) => boolean) {
  const requests: string[][] = []
  const ingest = async (jsons: readonly string[]): Promise<Outcome> => {
    requests.push([...jsons])
    return jsons.some(isBad) ? { kind: 'refused', status: 400 } : { kind: 'taken' }
  }
  return { requests, ingest }
}

test('every bad record is found alone, every good one is taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 350 }), async (bads) => {
      const items = bads.map((bad, at) => ({ json: `${bad ? 'bad' : 'good'} ${at}` }))
      const { ingest, requests } = upstream((json) => json.startsWith('bad'))
      const { taken, refused, later } = await deliver({ ingest }, items)
      expect(later).toEqual([])
      expect(new Set(taken)).toEqual(new Set(items.filter((_, at) => !bads[at])))
      expect(new Set(refused.map(({ item }) => item))).toEqual(new Set(items.filter((_, at) => bads[at])))
      expect(Math.max(0, ...requests.map(({ length }) => length))).toBeLessThanOrEqual(100)
    }),
    { numRuns: 40 },
  )
})

test('one bad record among 100 costs at most 14 more requests', async () => {
  const { ingest, requests } = upstream((json) => json === '61')
  await deliver({ ingest }, Array.from({ length: 100 }, (_, at) => ({ json: String(at) })))
  expect(requests.length).toBeLessThanOrEqual(15)
})

test('what is not known to have arrived is for later, with the longest wait asked for', async () => {
  let count = 0
  const ingest = async (): Promise<Outcome> => ({ kind: 'later', cause: 'status 503', retryAfterMs: 2000 - 1000 * count++ })
  const items = Array.from({ length: 150 }, (_, at) => ({ json: String(at) }))
  expect(await deliver({ ingest }, items)).toEqual({ taken: [], refused: [], later: items, retryAfterMs: 2000 })
})
