import { createBench, createBlindBench, entry, idsIn, taken, turn, type Bench } from './testing/courier.js'
import { isFlying, table, type State, type StateEvent } from './states.js'

beforeEach(() => {
  jest.useFakeTimers()
})

const batchId = (bench: Bench) => bench.last().batchId

/** Brings a batch of two into each state. */
const reach: Record<State, (bench: Bench) => void | Promise<void>> = {
  waiting(bench) {
    bench.courier.add([entry('r0'), entry('r1')])
  },
  async beacon(bench) {
    await reach.waiting(bench)
    bench.courier.hurry()
  },
  async fetch(bench) {
    await reach.beacon(bench)
    bench.courier.receipt(batchId(bench), false)
  },
  async backoff(bench) {
    await reach.fetch(bench)
    await bench.last().answer({ status: 503 })
  },
  async parked(bench) {
    await reach.fetch(bench)
    await bench.last().answer({ status: 403 })
  },
  // Its fetch is still to be answered.
  async settled(bench) {
    await reach.fetch(bench)
    bench.courier.receipt(batchId(bench), true)
  },
}

const answers: Partial<Record<StateEvent, object>> = {
  200: taken(),
  400: { status: 400 },
  401: { status: 401 },
  403: { status: 403 },
  413: { status: 413 },
  422: { status: 422 },
  later: { status: 503 },
}

const fire = async (bench: Bench, event: StateEvent) => {
  const { courier, last } = bench
  const { batchId, answer } = last() ?? {}
  if (event === 'due' || event === 'blind') courier.hurry()
  else if (event === 'leave') courier.leave()
  else if (event === 'receipt') courier.receipt(batchId, true)
  else if (event === 'unconfirmed') courier.receipt(batchId, false)
  else if (event === 'wake') courier.wake('ann', 'T2')
  else await answer(answers[event]!)
}

/** The state, as it can be told from outside: by what was done, and by what is done when all is due. */
const stateNow = ({ attempts, fates, courier }: Bench, before: number): State => {
  const done = attempts.slice(before)
  if (fates.length) return 'settled'
  if (done.length) return done[0]!.via
  courier.hurry()
  const next = attempts[before]
  return next ? (next.via === 'beacon' ? 'waiting' : 'backoff') : 'parked'
}

const states = Object.keys(table) as State[]
// What is stale needs a customer: that has a test beside others of customers.
const events: StateEvent[] = ['due', 'blind', 'leave', 'receipt', 'unconfirmed', 200, 400, 401, 403, 413, 422, 'later', 'wake']
const rows = states.flatMap((state) => events.map((event) => ({ state, event, next: table[state][event] })))

describe('the table of states', () => {
  const happens = ({ state, event }: (typeof rows)[number]) => !answers[event] || state === 'fetch' || state === 'settled'

  it.each(rows.filter((row) => row.next && happens(row)))('$state, $event → $next', async ({ state, event, next }) => {
    const blind = event === 'blind'
    const bench = blind ? await createBlindBench() : createBench()
    bench.page.visible = !blind
    await reach[state](bench)
    bench.page.visible = true
    const before = bench.attempts.length
    await fire(bench, event)

    // What waits after its time has come goes at once.
    expect(stateNow(bench, before)).toBe(next === 'waiting' ? 'beacon' : next)
  })

  it.each(rows.filter((row) => !row.next && happens(row)))('$state, $event: nothing', async ({ state, event }) => {
    const bench = event === 'blind' ? await createBlindBench() : createBench()
    bench.page.visible = event !== 'blind'
    await reach[state](bench)
    bench.page.visible = true
    const before = [bench.attempts.length, bench.fates.length, bench.warnings.length, bench.renewals.length]
    await fire(bench, event)
    await turn()

    expect([bench.attempts.length, bench.fates.length, bench.warnings.length, bench.renewals.length]).toEqual(before)
  })

  it('has answers for batches on their way by fetch only', () => {
    expect(rows.filter((row) => row.next && !happens(row))).toEqual([])
  })

  it('sends both halves of what was too large', async () => {
    const bench = createBench()
    await reach.fetch(bench)
    await fire(bench, 413)

    expect(bench.attempts.slice(2).map(({ via, body }) => [via, idsIn(body)])).toEqual([
      ['beacon', ['r0']],
      ['beacon', ['r1']],
    ])
  })

  it('calls flying what is in flight', () => {
    expect(states.filter(isFlying)).toEqual(['beacon', 'fetch'])
  })
})
