import fc from 'fast-check'
import { MAX_BODY_BYTES } from '../wire/limits.js'
import type { Entry } from './item.js'
import { createBench, entry, idsIn, taken, turn, type Attempt } from './testing/courier.js'

const MAX_REQUESTS = 63
const HOUR_MS = 3_600_000

type Move =
  | { do: 'add'; count: number; size: number; key: string; kind: Entry['kind'] }
  | { do: 'beacon ends'; which: number; took: boolean; seen: boolean }
  | { do: 'fetch ends'; which: number; took: boolean; status: number; retryAfter: number }
  | { do: 'wait'; ms: number }
  | { do: 'leave' | 'hurry' | 'hide' | 'show' | 'block' }
  | { do: 'wake'; key: string }

const key = fc.constantFrom('ann', 'bob', 'cyd')
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({
    do: fc.constant('add' as const),
    count: fc.constantFrom(1, 2, 3, 5, 120),
    size: fc.constantFrom(20, 20, 300, 9_000),
    key,
    kind: fc.constantFrom('records' as const, 'records' as const, 'customers' as const),
  }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('beacon ends' as const), which: fc.nat(9), took: fc.boolean(), seen: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({
    do: fc.constant('fetch ends' as const),
    which: fc.nat(9),
    took: fc.boolean(),
    status: fc.constantFrom(200, 200, 0, 400, 401, 403, 413, 429, 503),
    retryAfter: fc.constantFrom(0, 0, 5_000),
  }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 1_000, 11_000, 70_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'hurry' as const, 'hide' as const, 'show' as const, 'block' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wake' as const), key }) },
)

const moves = fc.array(move, { minLength: 20, maxLength: 60 })

/** A browser and a collector that do anything they might, in any order, however late. */
function createWorld() {
  const bench = createBench()
  const { courier, attempts, fates, forgotten, page } = bench
  const added: Entry[] = []
  /** What the collector has taken; a record that it refused alone is not among them. */
  const arrived = new Set<string>()
  const ended = new Set<Attempt>()
  const open = (via: Attempt['via']) => attempts.filter((attempt) => attempt.via === via && !ended.has(attempt))
  const pick = (via: Attempt['via'], which: number) => open(via)[which % open(via).length]
  let known = 0
  const fated = new Map<string, string>()

  const take = ({ body }: Attempt) => idsIn(body).forEach((id) => arrived.add(id))

  const doing: { [K in Move['do']]: (move: Extract<Move, { do: K }>) => void | Promise<void> } = {
    add({ count, size, key, kind }) {
      const items = Array.from({ length: kind === 'customers' ? 1 : count }, (_, index) => {
        const id = `${added.length + index}`
        return entry(id, { key, kind, json: JSON.stringify({ uniqueId: id, pad: 'x'.repeat(size) }) })
      })
      added.push(...items)
      courier.add(items)
    },
    'beacon ends'({ which, took, seen }) {
      const attempt = pick('beacon', which)
      if (!attempt) return
      ended.add(attempt)
      if (took) take(attempt)
      if (seen) courier.receipt(attempt.batchId, took)
    },
    async 'fetch ends'({ which, took, status, retryAfter }) {
      const attempt = pick('fetch', which)
      if (!attempt) return
      ended.add(attempt)
      // An answer may be lost after the batch was taken.
      if (status === 200 || (status === 0 && took)) take(attempt)
      await attempt.answer(status === 200 ? taken() : { status, retryAfter })
    },
    wait: ({ ms }) => jest.advanceTimersByTimeAsync(ms).then(() => {}),
    leave: () => courier.leave(),
    hurry: () => courier.hurry(),
    hide() {
      page.visible = false
      courier.leave()
    },
    show() {
      page.visible = true
      courier.hurry()
    },
    block() {
      page.takesBeacons = !page.takesBeacons
    },
    wake: ({ key }) => courier.wake(key, 'T3'),
  }

  /** The newest attempt of each batch whose fate is open: what the courier has in flight at most. */
  const inFlight = () => {
    const settled = new Set(fates.map(({ batchId }) => batchId))
    const newest = new Map(attempts.map((attempt) => [attempt.batchId, attempt]))
    return [...newest.values()].filter((attempt) => !ended.has(attempt) && !settled.has(attempt.batchId))
  }

  const check = () => {
    for (const { uniqueIds, outcome } of fates.slice(known)) {
      for (const id of uniqueIds) {
        expect(fated.get(id)).toBeUndefined()
        fated.set(id, outcome)
        if (outcome === 'accepted') expect(arrived).toContain(id)
      }
    }
    known = fates.length
    expect(forgotten.length).toBe(fated.size)
  }

  return {
    bench,
    added,
    inFlight,
    fated: () => fated,
    async make(move: Move) {
      const before = attempts.length
      await (doing[move.do] as (move: Move) => void | Promise<void>)(move)
      await turn()
      check()
      return attempts.length > before
    },
    /** From here on all goes well. */
    async recover() {
      Object.assign(page, { visible: true, takesBeacons: true })
      for (let round = 0; fated.size < added.length && round < 300; round++) {
        for (const key of ['ann', 'bob', 'cyd']) courier.wake(key, 'T4')
        courier.hurry()
        while (open('beacon')[0]) void doing['beacon ends']({ do: 'beacon ends', which: 0, took: true, seen: true })
        while (open('fetch')[0]) await doing['fetch ends']({ do: 'fetch ends', which: 0, took: true, status: 200, retryAfter: 0 })
        await jest.advanceTimersByTimeAsync(HOUR_MS / 300)
        check()
      }
    },
  }
}

describe('whatever browser and collector do', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })

  it('ends each item by exactly one fate, and accepts only what has arrived', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (given) => {
        const world = createWorld()
        for (const each of given) await world.make(each)
        await world.recover()
        expect([...world.fated().keys()].sort()).toEqual(world.added.map(({ id }) => id).sort())
        world.bench.courier.clear()
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it('has never more in flight than browsers let through', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (given) => {
        const world = createWorld()
        for (const each of given) {
          if (!(await world.make(each))) continue
          const flying = world.inFlight()
          const bytes = flying.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
          expect(flying.length).toBeLessThanOrEqual(MAX_REQUESTS)
          if (flying.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_BODY_BYTES)
        }
        world.bench.courier.clear()
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
