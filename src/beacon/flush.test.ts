import { createBench, entries, entry, fetching, taken, turn, type Bench } from './testing/courier.js'

beforeEach(() => {
  jest.useFakeTimers()
  jest.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  jest.restoreAllMocks()
})

describe('flush', () => {
  const flushed = (bench: Bench) => {
    const done = jest.fn()
    void bench.courier.flush().then(done)
    return async () => {
      await turn()
      return done.mock.calls.length > 0
    }
  }

  it('sends at once and resolves when the fate of all that waited is known', async () => {
    const bench = createBench()
    bench.courier.add(entries(2))
    const done = flushed(bench)
    expect(bench.ways()).toEqual(['beacon r0,r1'])
    bench.courier.add([entry('later')])
    expect(await done()).toBe(false)
    bench.courier.receipt('b0', true)
    expect(await done()).toBe(true)
  })

  it('resolves at once when nothing waits', async () => {
    expect(await flushed(createBench())()).toBe(true)
  })

  it('waits through retries', async () => {
    const bench = fetching()
    const done = flushed(bench)
    await bench.last().answer({ status: 503 })
    expect(await done()).toBe(false)
    await jest.advanceTimersByTimeAsync(500)
    await bench.last().answer(taken())
    expect(await done()).toBe(true)
  })

  it('does not wait for a new token', async () => {
    const bench = fetching()
    const done = flushed(bench)
    await bench.last().answer({ status: 401 })
    expect(await done()).toBe(true)
  })

  it('does not wait for customers who must come back first', async () => {
    const bench = createBench()
    bench.courier.add([entry('r0', { proof: undefined })])
    expect(await flushed(bench)()).toBe(true)
  })
})
