import { createBench, entries, entry, idsIn, taken, turn } from './testing/courier.js'

const DAY_MS = 24 * 3_600_000
const limits = { maxRecords: 3, maxBytes: 1_000, maxDelayMs: 1_000 }

beforeEach(() => {
  jest.useFakeTimers()
})

describe('closing a batch', () => {
  it('waits for its first record’s delay', async () => {
    const { courier, ways } = createBench()
    courier.add([entry('r0')])
    await turn()
    jest.advanceTimersByTime(600)
    courier.add([entry('r1')])
    await turn()
    jest.advanceTimersByTime(399)
    expect(ways()).toEqual([])
    jest.advanceTimersByTime(1)
    expect(ways()).toEqual(['beacon r0,r1'])
  })

  it('waits no longer for what an earlier page has left', async () => {
    const { courier, ways } = createBench()
    courier.add([entry('r0')])
    await turn()
    jest.advanceTimersByTime(600)
    courier.add([entry('left', { at: Date.now() - DAY_MS })])
    await turn()
    jest.advanceTimersByTime(400)
    expect(ways()).toEqual(['beacon left,r0'])
  })

  it('goes though its timer is early by less than it takes to look at the clock twice', async () => {
    const exact = performance.now.bind(performance)
    for (let early = 0; early < 2; early += 0.1) {
      let looks = 0
      jest.spyOn(performance, 'now').mockImplementation(() => exact() - early + 0.15 * looks++)
      const { courier, ways } = createBench()
      courier.add([entry('r0')])
      await turn()
      jest.advanceTimersByTime(1_010)
      expect(ways()).toEqual(['beacon r0'])
    }
    jest.restoreAllMocks()
  })

  it('goes at once when it holds as many records as it may', async () => {
    const { courier, ways } = createBench({ limits })
    courier.add(entries(7))
    await turn()
    expect(ways()).toEqual(['beacon r0,r1,r2', 'beacon r3,r4,r5'])
    jest.advanceTimersByTime(1_000)
    expect(ways()[2]).toBe('beacon r6')
  })

  it('goes at once when the next record would make it too large', async () => {
    const { courier, ways } = createBench({ limits })
    // There is room for what is around them: commas, envelope, token.
    courier.add([entry('r0', { size: 600 }), entry('r1', { size: 290 })])
    await turn()
    expect(ways()).toEqual([])
    courier.add([entry('r2', { size: 20 })])
    await turn()
    expect(ways()).toEqual(['beacon r0,r1'])
  })

  it('is due at once when hurried', async () => {
    const { courier, ways } = createBench()
    courier.add(entries(2))
    await turn()
    courier.hurry()
    expect(ways()).toEqual(['beacon r0,r1'])
  })
})

describe('what travels together', () => {
  it('is one customer’s, under one proof', () => {
    const { courier, attempts } = createBench()
    courier.add([
      entry('r0', { key: 'ann', proof: 'A1' }),
      entry('r1', { key: 'bob', proof: 'B1' }),
      entry('r2', { key: 'ann', proof: 'A2' }),
      entry('r3', { key: 'ann', proof: 'A1' }),
    ])
    courier.hurry()
    expect(attempts.map(({ body }) => [JSON.parse(body).token, idsIn(body)])).toEqual([
      ['A1', ['r0', 'r3']],
      ['B1', ['r1']],
      ['A2', ['r2']],
    ])
  })

  it('puts a customer before the records that came after it', async () => {
    const { courier, ways, last } = createBench({ limits })
    courier.add([entry('c0', { kind: 'customers' }), ...entries(5)])
    courier.hurry()
    expect(ways()).toEqual(['beacon c0,r0,r1'])
    courier.receipt(last().batchId, false)
    await last().answer({ status: 503 })
    expect(ways()).toEqual(['beacon c0,r0,r1', 'fetch c0,r0,r1'])
    courier.hurry()
    await last().answer(taken())
    expect(ways().slice(2)).toEqual(['fetch c0,r0,r1', 'beacon r2,r3,r4'])
  })

  it('waits no longer for a customer at whom the collector fails again and again', async () => {
    const { courier, ways, last } = createBench()
    courier.add([entry('c0', { kind: 'customers' })])
    courier.hurry()
    courier.receipt(last().batchId, false)
    await last().answer({ status: 503 })
    courier.add([entry('r0'), entry('r1')])
    for (let tries = 2; tries <= 7; tries++) {
      courier.hurry()
      expect(ways().pop()).toBe('fetch c0')
      await last().answer({ status: 503 })
    }
    expect(ways().pop()).toBe('beacon r0,r1')
  })

  it('holds up nobody else’s', () => {
    const { courier, ways } = createBench()
    courier.add([entry('c0', { kind: 'customers' }), entry('r0', { key: 'bob' })])
    courier.hurry()
    courier.add(entries(1))
    courier.hurry()
    expect(ways()).toEqual(['beacon c0', 'beacon r0'])
  })
})

describe('a customer that is known anew', () => {
  const customer = (id: string, at: number, key = 'ann') => entry(id, { kind: 'customers', at: Date.now() + at, key })

  it('replaces the one that waits', () => {
    const { courier, ends, ways } = createBench()
    courier.add([customer('c0', 1)])
    courier.add([customer('c1', 2), customer('other', 3, 'bob')])
    courier.hurry()
    expect(ends()).toEqual(['c0 dropped superseded'])
    expect(ways()).toEqual(['beacon c1', 'beacon other'])
  })

  it('replaces the one that waits, also within a millisecond', () => {
    const { courier, ends, ways } = createBench()
    courier.add([customer('c0', 1)])
    courier.add([customer('c1', 1)])
    courier.hurry()
    expect(ends()).toEqual(['c0 dropped superseded'])
    expect(ways()).toEqual(['beacon c1'])
  })

  it('is not followed by an older one that had no receipt', async () => {
    const { courier, ends, ways } = createBench()
    courier.add([customer('c0', 1), entry('r0')])
    courier.hurry()
    courier.add([customer('c1', 2)])
    courier.leave()
    courier.receipt('b1', true)
    courier.receipt('b0', false)
    await turn()
    expect(ends()).toEqual(['c1 accepted', 'c0 dropped superseded'])
    expect(ways().slice(1)).toEqual(['beacon c1', 'fetch r0'])
  })

  it.each(['together', 'one by one'])('is not replaced by an older one that was left over, %s', (how) => {
    const { courier, ends, ways } = createBench()
    const items = [customer('new', 0), customer('old', -DAY_MS)]
    if (how === 'together') courier.add(items)
    else for (const item of items) courier.add([item])
    courier.hurry()
    expect(ends()).toEqual(['old dropped superseded'])
    expect(ways()).toEqual(['beacon new'])
  })

  it('is not followed by an older one that was left over', () => {
    const { courier, ends, ways, last } = createBench()
    courier.add([customer('new', 0)])
    courier.hurry()
    courier.receipt(last().batchId, true)
    courier.add([customer('old', -DAY_MS), customer('old', -DAY_MS, 'bob')])
    courier.hurry()
    expect(ends()).toEqual(['new accepted', 'old dropped superseded'])
    expect(ways()).toEqual(['beacon new', 'beacon old'])
  })

  it('lets the one in flight arrive, and follows it', async () => {
    const { courier, ends, ways, last } = createBench()
    courier.add([customer('c0', 1)])
    courier.hurry()
    courier.add([customer('c1', 2)])
    courier.hurry()
    expect(ways()).toEqual(['beacon c0'])
    courier.receipt(last().batchId, true)
    await turn()
    expect(ends()).toEqual(['c0 accepted'])
    expect(ways()).toEqual(['beacon c0', 'beacon c1'])
  })
})

describe('what is in flight', () => {
  it('is never more than 63 requests, and the next goes when one has ended', async () => {
    const { courier, attempts } = createBench()
    courier.add(Array.from({ length: 600 }, (_, index) => entry(`r${index}`, { key: `customer ${index}` })))
    courier.hurry()
    expect(attempts).toHaveLength(63)
    for (let next = 0; next < attempts.length; next++) {
      courier.receipt(attempts[next]!.batchId, true)
      await turn()
    }
    expect(new Set(attempts.flatMap(({ body }) => idsIn(body))).size).toBe(600)
  })

  it('is never more than 64 KiB together, but may be more alone', async () => {
    const { courier, ways, attempts } = createBench()
    const large = (id: string, size: number) => entry(id, { key: id, json: JSON.stringify({ uniqueId: id, pad: 'x'.repeat(size) }) })
    courier.add([large('a', 40_000), large('b', 40_000), large('c', 10_000), large('d', 70_000)])
    courier.hurry()
    expect(ways()).toEqual(['beacon a', 'beacon c'])
    courier.receipt(attempts[0]!.batchId, true)
    await turn()
    expect(ways()).toEqual(['beacon a', 'beacon c', 'beacon b'])
    for (let next = 1; next < attempts.length; next++) {
      courier.receipt(attempts[next]!.batchId, true)
      await turn()
    }
    expect(ways()[3]).toBe('beacon d')
  })

  it('goes by fetch where the browser takes no beacon', () => {
    const { courier, page, ways } = createBench()
    page.takesBeacons = false
    courier.add(entries(2))
    courier.leave()
    expect(ways()).toEqual(['fetch r0,r1'])
  })

  it('goes by beacon again once the browser takes them, since no receipt was missed', async () => {
    const { courier, page, ways, last } = createBench()
    for (const takesBeacons of [false, false, false, true]) {
      page.takesBeacons = takesBeacons
      courier.add(entries(1))
      courier.hurry()
      if (!takesBeacons) await last().answer(taken())
    }
    expect(ways()).toEqual(['fetch r0', 'fetch r0', 'fetch r0', 'beacon r0'])
  })
})

describe('bounds', () => {
  const waiting = { proof: undefined }

  it('drops the oldest beyond 10,000, and reports each', async () => {
    const { courier, ends, forgotten } = createBench()
    courier.add(entries(9_999, waiting))
    await turn()
    courier.add(entries(4, waiting, 'late'))
    await turn()
    expect(ends()).toEqual(['r0', 'r1', 'r2'].map((id) => `${id} dropped overflow`))
    expect(forgotten.map(({ id }) => id)).toEqual(['r0', 'r1', 'r2'])
  })

  it('drops the oldest beyond 2 MiB', async () => {
    const { courier, ends } = createBench()
    courier.add(entries(64, { ...waiting, size: 32 * 1024 }))
    await turn()
    expect(ends()).toEqual([])
    courier.add([entry('late', waiting)])
    await turn()
    expect(ends()).toEqual(['r0 dropped overflow'])
  })

  it('counts what joins another batch once', async () => {
    const { courier, attempts, ends } = createBench()
    courier.add(entries(63, { ...waiting, key: 'bob', size: 32 * 1024 }, 'held'))
    for (const id of ['r0', 'r1']) {
      courier.add([entry(id, { size: 12 * 1024 })])
      courier.hurry()
      courier.receipt(attempts[attempts.length - 1]!.batchId, false)
    }
    for (const { via, answer } of attempts) if (via === 'fetch') await answer({ status: 503 })
    expect(ends()).toEqual([])
  })

  it('drops what an earlier page left before its own', async () => {
    const { courier, ends } = createBench()
    courier.add(entries(100, waiting, 'own'))
    await turn()
    courier.add(entries(9_901, { ...waiting, at: Date.now() - DAY_MS }, 'left'))
    await turn()
    expect(ends()).toEqual(['left0 dropped overflow'])
  })

  it('leaves alone what is in flight', async () => {
    const { courier, ends } = createBench()
    courier.add(entries(1, {}, 'flying'))
    await turn()
    courier.hurry()
    courier.add(entries(10_000, { proof: 'waits', key: 'bob', size: 1_000 }))
    await turn()
    expect(ends().every((end) => /^r\d+ dropped overflow$/.test(end))).toBe(true)
    expect(ends().length).toBeGreaterThan(0)
  })

  it('drops what has waited for 30 days, and sends the rest', async () => {
    const { courier, fates, ways } = createBench()
    courier.add([entry('old', { at: Date.now() - 30 * DAY_MS - 1 }), entry('just', { at: Date.now() - 30 * DAY_MS + 2_000 })])
    await turn()
    courier.hurry()
    expect(fates).toEqual([{ batchId: '', uniqueIds: ['old'], outcome: 'dropped', reason: 'expired', via: 'beacon' }])
    expect(ways()).toEqual(['beacon just'])
  })

  it('sends none of a whole batch that has waited for 30 days', async () => {
    const { courier, ends, ways } = createBench()
    courier.add(entries(100, { at: Date.now() - 30 * DAY_MS - 1 }))
    await jest.advanceTimersByTimeAsync(60_000)
    expect([ways(), new Set(ends().map((end) => end.replace(/^r\d+ /, '')))]).toEqual([[], new Set(['dropped expired'])])
  })

  it('takes times from ahead for a clock that was set back', async () => {
    const { courier, ends, ways } = createBench()
    courier.add([entry('ahead', { at: Date.now() + DAY_MS })])
    await turn()
    courier.hurry()
    expect(ends()).toEqual([])
    expect(ways()).toEqual(['beacon ahead'])
  })
})

describe('proof', () => {
  it('is waited for where it is needed', async () => {
    const { courier, attempts } = createBench()
    courier.add([entry('r0', { proof: undefined }), entry('r1', { key: 'bob', proof: undefined })])
    courier.hurry()
    courier.leave()
    expect(attempts).toEqual([])
    courier.wake('ann', 'A')
    await turn()
    expect(attempts.map(({ body }) => [JSON.parse(body).token, idsIn(body)])).toEqual([['A', ['r0']]])
  })

  it('that came before leftovers without one were read is theirs', () => {
    const { courier, attempts } = createBench()
    courier.wake('ann', 'A')
    courier.add([entry('r0', { proof: undefined }), entry('r1', { key: 'bob', proof: undefined })])
    courier.hurry()
    expect(attempts.map(({ body }) => [JSON.parse(body).token, idsIn(body)])).toEqual([['A', ['r0']]])
  })

  it('is not replaced while it holds', () => {
    const { courier, attempts } = createBench()
    courier.add([entry('r0', { proof: 'A' })])
    courier.wake('ann', 'B')
    courier.hurry()
    expect(JSON.parse(attempts[0]!.body).token).toBe('A')
  })

  it('is not waited for where there are no tokens', () => {
    const { courier, ways } = createBench({ proofOf: undefined })
    courier.add([entry('r0', { proof: undefined })])
    courier.hurry()
    expect(ways()).toEqual(['beacon r0'])
  })
})

describe('letting go', () => {
  it('stops without a fate', async () => {
    const { courier, ways, ends } = createBench()
    courier.add(entries(2))
    courier.clear()
    await jest.advanceTimersByTimeAsync(DAY_MS)
    expect([ways(), ends(), jest.getTimerCount()]).toEqual([[], [], 0])
  })

  it('lets nobody wait for a flush', async () => {
    const { courier } = createBench()
    courier.add(entries(1))
    const done = jest.fn()
    void courier.flush().then(done)
    courier.clear()
    await turn()
    expect(done).toHaveBeenCalled()
  })
})
