import { createBench, entries, entry, fetching, idsIn, taken, turn } from './testing/courier.js'

beforeEach(() => {
  jest.useFakeTimers()
  jest.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  jest.restoreAllMocks()
})

describe('200', () => {
  it('ends each record by its own fate', async () => {
    const { last, fates, forgotten } = fetching(3)
    await last().answer(taken([{ id: 'r1', reason: 'too_old' }]))
    expect(fates).toEqual([
      { batchId: 'b0', uniqueIds: ['r1'], outcome: 'rejected', reason: 'too_old', via: 'fetch' },
      { batchId: 'b0', uniqueIds: ['r0', 'r2'], outcome: 'accepted', via: 'fetch' },
    ])
    expect(forgotten.map(({ id }) => id)).toEqual(['r1', 'r0', 'r2'])
  })

  it('knows a rejected customer by its customer id', async () => {
    const { courier, last, ends } = createBench()
    courier.add([entry('message', { kind: 'customers', key: 'ann' }), entry('ann', { key: 'ann' })])
    courier.hurry()
    courier.receipt(last().batchId, false)
    await last().answer(taken([{ id: 'ann', reason: 'customers_off' }]))
    expect(ends()).toContain('message rejected customers_off')
  })

  it('is overtaken by a late receipt, and then changes nothing', async () => {
    const { courier, last, fates } = fetching()
    courier.receipt('b0', true)
    expect(fates).toEqual([{ batchId: 'b0', uniqueIds: ['r0', 'r1'], outcome: 'accepted', via: 'beacon' }])
    await last().answer(taken([{ id: 'r0', reason: 'too_old' }]))
    expect(fates).toHaveLength(1)
  })
})

it('a 200 that names a record twice ends it once', async () => {
  const { last, ends } = fetching()
  const r1 = { id: 'r1', reason: 'too_old' }
  await last().answer(taken([r1, r1]))
  expect(ends()).toEqual(['r1 rejected too_old', 'r0 accepted'])
})

it('a 200 that names nobody is still one', async () => {
  const { last, ends } = fetching()
  await last().answer(taken([null as never]))
  expect(ends()).toEqual(['r0 accepted', 'r1 accepted'])
})

describe('400 and 422', () => {
  it.each([400, 422])('%i drops the batch and says so', async (status) => {
    const { last, ends, warnings } = fetching()
    await last().answer({ status })
    expect(ends()).toEqual(['r0 dropped refused', 'r1 dropped refused'])
    expect(warnings).toEqual([expect.stringContaining(`${status}`)])
  })
})

describe('413', () => {
  it('halves down to the one that is too large, and loses only that', async () => {
    const { courier, attempts, last, ends } = fetching(5)
    const tooLarge = (body: string) => idsIn(body).includes('r3')
    await last().answer({ status: 413 })
    for (let seen = 2; seen < attempts.length; seen++) {
      const { via, batchId, body, answer } = attempts[seen]!
      if (via === 'beacon') courier.receipt(batchId, !tooLarge(body))
      else await answer(tooLarge(body) ? { status: 413 } : taken())
    }
    expect(ends().sort()).toEqual(['r0 accepted', 'r1 accepted', 'r2 accepted', 'r3 dropped refused', 'r4 accepted'])
  })
})

it('413 halves a batch that an older record could join', async () => {
  const { courier, last, ways } = fetching(4)
  courier.add([entry('left', { at: Date.now() - 1_000 })])
  await last().answer({ status: 413 })
  courier.hurry()
  expect(ways().slice(2).sort()).toEqual(['beacon left', 'beacon r0,r1', 'beacon r2,r3'])
})

it('an answer to what was let go of meanwhile sends nothing', async () => {
  const { courier, last, ways, ends } = fetching()
  courier.clear()
  await last().answer({ status: 413 })
  await jest.advanceTimersByTimeAsync(60_000)
  expect([ways().length, ends()]).toEqual([2, []])
})

describe('401', () => {
  it('asks for a new token once, and goes on under it', async () => {
    const { courier, last, renewals, ways, ends } = fetching()
    await last().answer({ status: 401 })
    expect(renewals).toEqual(['ann'])
    courier.wake('ann', 'T2')
    await turn()
    expect(ways()[2]).toBe('beacon r0,r1')
    expect(JSON.parse(last().body)).toMatchObject({ token: 'T2' })

    courier.receipt(last().batchId, false)
    await last().answer({ status: 401 })
    expect(renewals).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(3_600_000)
    expect([ways().length, ends()]).toEqual([4, []])
  })

  it('goes on at once under a new token the first time, and takes its time the second', async () => {
    const { courier, last, ways } = fetching()
    await last().answer({ status: 401 })
    courier.wake('ann', 'T1')
    await turn()
    expect(ways()).toHaveLength(3)
    courier.receipt(last().batchId, false)
    await last().answer({ status: 401 })
    courier.wake('ann', 'T2')
    await jest.advanceTimersByTimeAsync(999)
    expect(ways()).toHaveLength(4)
    await jest.advanceTimersByTimeAsync(1)
    expect(ways()).toHaveLength(5)
  })

  it('again and again, under ever new tokens, is no hot loop', async () => {
    const { courier, last, ways } = fetching()
    for (let refusals = 0; refusals < 20; refusals++) {
      await last().answer({ status: 401 })
      courier.wake('ann', `T${refusals}`)
      await jest.advanceTimersByTimeAsync(60_000)
      courier.receipt(last().batchId, false)
    }
    const sent = ways().length
    await last().answer({ status: 401 })
    courier.wake('ann', 'T20')
    await jest.advanceTimersByTimeAsync(20_000)
    expect(ways()).toHaveLength(sent)
  })

  it('waits for its customer if there is no new token', async () => {
    const { courier, last, ways } = fetching()
    await last().answer({ status: 401 })
    courier.hurry()
    courier.leave()
    courier.wake('bob', 'B')
    await turn()
    expect(ways()).toHaveLength(2)
    courier.wake('ann', 'T2')
    await turn()
    expect(ways()[2]).toBe('beacon r0,r1')
  })

  it('is not answered by the receipt of an earlier attempt once more has come', async () => {
    const { courier, last, ends } = fetching()
    const first = last().batchId
    // The collector holds on to the beacon, while the token runs out for the fetch.
    await last().answer({ status: 401 })
    courier.add([entry('late', { proof: 'T2' })])
    courier.wake('ann', 'T2')
    await turn()
    courier.add([entry('later', { proof: 'T2' })])
    courier.receipt(first, true)
    expect(ends().filter((end) => end.startsWith('late'))).toEqual([])
  })
})

describe('403', () => {
  it('is no trouble of what comes later', async () => {
    const { courier, last, ways, ends } = fetching()
    await last().answer({ status: 403 })
    courier.wake('ann')
    await turn()
    courier.hurry()
    courier.receipt(last().batchId, false)
    await last().answer({ status: 403 })
    courier.wake('ann')
    await turn()
    courier.add([entry('later')])
    courier.hurry()
    expect(ways().slice(-2)).toEqual(['beacon r0,r1', 'beacon later'])
    courier.receipt(last().batchId, true)
    expect(ends()).toEqual(['later accepted'])
  })

  it('keeps the batch for its customer, says so, and holds up no other', async () => {
    const { courier, last, ways, ends, warnings, renewals } = fetching()
    await last().answer({ status: 403 })
    expect([warnings, renewals]).toEqual([[expect.stringContaining('403')], []])
    courier.add([entry('next'), entry('other', { key: 'bob' })])
    courier.hurry()
    expect(ways().slice(2)).toEqual(['beacon next', 'beacon other'])
    await jest.advanceTimersByTimeAsync(3_600_000)
    expect(ends()).toEqual([])
    courier.wake('ann')
    await turn()
    expect(ways()).toContain('beacon r0,r1')
  })

  it.each(['receipt', 'answer'])('is over once the customer is taken again, by %s', async (way) => {
    const { courier, last, ways, ends } = fetching()
    await last().answer({ status: 403 })
    courier.add([entry('next')])
    courier.hurry()
    courier.receipt(last().batchId, way === 'receipt')
    if (way === 'answer') await last().answer(taken())
    await turn()
    courier.receipt(last().batchId, true)
    expect(ways().pop()).toBe('beacon r0,r1')
    expect(ends()).toEqual(['next accepted', 'r0 accepted', 'r1 accepted'])
  })
})

describe('not now', () => {
  it.each([0, 408, 429, 500, 503, 302])('%i backs off, longer each time, and reports the retry', async (status) => {
    const { last, attempts, retried } = fetching()
    for (const [index, ms] of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      await last().answer({ status })
      await jest.advanceTimersByTimeAsync(ms - 1)
      expect(attempts).toHaveLength(index + 2)
      await jest.advanceTimersByTimeAsync(1)
      expect(attempts).toHaveLength(index + 3)
    }
    expect(retried).toHaveLength(8)
    expect(retried[0]).toEqual(['r0', 'r1'])
  })

  it('sends the same texts again', async () => {
    const json = '{"uniqueId":"r0","b":1,"a":"ü\\u2028"}'
    const { courier, attempts, last } = createBench()
    courier.add([entry('r0', { json })])
    courier.hurry()
    courier.receipt(last().batchId, false)
    await last().answer({ status: 503 })
    courier.hurry()
    expect(attempts).toHaveLength(3)
    for (const { body } of attempts) expect(body).toContain(`"records":[${json}]`)
  })

  it('with Retry-After pauses all, even when hurried or leaving', async () => {
    const { courier, last, ways } = fetching()
    await last().answer({ status: 429, retryAfter: 7_000 })
    courier.add([entry('other', { key: 'bob' })])
    courier.hurry()
    courier.leave()
    await jest.advanceTimersByTimeAsync(6_999)
    expect(ways()).toHaveLength(2)
    await jest.advanceTimersByTimeAsync(1)
    expect(ways().slice(2)).toEqual(['fetch r0,r1', 'beacon other'])
  })

  it('with Retry-After is not cut short by an answer without', async () => {
    const { courier, attempts, ways } = createBench()
    courier.add([entry('r0'), entry('other', { key: 'bob' })])
    courier.hurry()
    courier.receipt('b0', false)
    courier.receipt('b1', false)
    await attempts[2]!.answer({ status: 429, retryAfter: 60_000 })
    await attempts[3]!.answer({ status: 503 })
    await jest.advanceTimersByTimeAsync(59_999)
    expect(ways()).toHaveLength(4)
    await jest.advanceTimersByTimeAsync(1)
    expect(ways()).toHaveLength(6)
  })

  it('sends a long outage’s records together', async () => {
    const { courier, attempts, ways, ends } = createBench()
    let answered = 0
    const answerAll = async (answer: object) => {
      for (; answered < attempts.length; answered++) {
        const { via, batchId, answer: reply } = attempts[answered]!
        if (via === 'beacon') courier.receipt(batchId, false)
        else await reply(answer)
      }
    }
    for (let second = 0; second < 250; second++) {
      courier.add([entry(`r${second}`), entry(`other${second}`, { key: 'bob' })])
      await jest.advanceTimersByTimeAsync(1_000)
      await answerAll({ status: 503 })
    }
    const during = ways().length
    courier.hurry()
    await answerAll(taken())
    expect(ways().slice(during)).toHaveLength(6)
    expect(new Set(ends()).size).toBe(500)
    expect(ends()).toHaveLength(500)
  })

  it('is not asked for sooner by what fails later', async () => {
    const { courier, last, ways } = fetching()
    for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 16_000]) {
      await last().answer({ status: 503 })
      await jest.advanceTimersByTimeAsync(ms)
    }
    await last().answer({ status: 503 })
    courier.add([entry('late')])
    await jest.advanceTimersByTimeAsync(1_000)
    courier.receipt(last().batchId, false)
    await last().answer({ status: 503 })
    const before = ways().length
    await jest.advanceTimersByTimeAsync(28_900)
    expect(ways()).toHaveLength(before)
    await jest.advanceTimersByTimeAsync(100)
    expect(ways().slice(before)).toEqual(['fetch r0,r1,late'])
  })

  it.each([500, 0])('for one record alone, by %i, does not keep the others for ever', async (status) => {
    const { courier, attempts, ends } = createBench()
    const isBad = (body: string) => idsIn(body).includes('r5')
    let answered = 0
    courier.add(entries(10))
    for (let minute = 0; minute < 10; minute++) {
      courier.add([entry(`other${minute}`)])
      courier.hurry()
      for (; answered < attempts.length; answered++) {
        const { via, batchId, body, answer } = attempts[answered]!
        if (via === 'beacon') courier.receipt(batchId, !isBad(body))
        else await answer(isBad(body) ? { status } : taken())
      }
      await jest.advanceTimersByTimeAsync(60_000)
    }
    expect(ends().filter((end) => /^r\d accepted/.test(end)).sort()).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9].map((n) => `r${n} accepted`))
    expect(ends()).toHaveLength(19)
  })

  it('that was asked for by Retry-After keeps together what was sent together', async () => {
    const { courier, attempts, last, ways, ends } = fetching(4)
    for (let round = 0; round < 3; round++) {
      await attempts.filter(({ via }) => via === 'fetch').pop()!.answer({ status: 429, retryAfter: 60_000 })
      courier.add([entry('other', { key: 'bob' })])
      await jest.advanceTimersByTimeAsync(60_000)
      courier.receipt(last().batchId, true)
    }
    expect(ends()).toEqual(['other accepted', 'other accepted', 'other accepted'])
    expect(ways().filter((way) => way.startsWith('fetch'))).toEqual(Array(4).fill('fetch r0,r1,r2,r3'))
  })

  it('goes at once when the network is back', async () => {
    const { courier, last, ways } = fetching()
    await last().answer({ status: 0 })
    courier.hurry()
    expect(ways()).toHaveLength(3)
  })
})
