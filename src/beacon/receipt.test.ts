import { watchReceipts } from './receipt.js'
import { createBench, createBlindBench, entry, taken } from './testing/courier.js'
import { fakeObserver, type FakeObserver } from './testing/observer.js'

const name = 'https://usage.example.com/in?site=1&b=8f14e45f'
const said = [{ name: 'cache' }, { name: 'accepted', description: '3' }]

describe('what a resource timing entry proves', () => {
  let observer: FakeObserver
  beforeEach(() => {
    observer = fakeObserver()
  })
  afterEach(() => {
    observer.uninstall()
  })

  const receiptOf = (crossOrigin: boolean, entry: object) => {
    const receipts: unknown[] = []
    watchReceipts(crossOrigin, (...receipt) => receipts.push(receipt))
    observer.report({ name, initiatorType: 'beacon', serverTiming: [], responseStart: 0, ...entry })
    return receipts
  }

  it.each([
    { where: 'same origin', crossOrigin: false, serverTiming: said, responseStart: 9, accepted: true },
    { where: 'same origin', crossOrigin: false, serverTiming: [{ name: 'cache' }], responseStart: 9, accepted: false },
    { where: 'same origin', crossOrigin: false, serverTiming: [], responseStart: 9, accepted: false },
    { where: 'same origin', crossOrigin: false, serverTiming: undefined, responseStart: 9, accepted: false },
    { where: 'same origin', crossOrigin: false, serverTiming: [], responseStart: 0, accepted: false },
    { where: 'another origin', crossOrigin: true, serverTiming: said, responseStart: 9, accepted: true },
    { where: 'another origin', crossOrigin: true, serverTiming: [], responseStart: 9, accepted: true },
    { where: 'another origin', crossOrigin: true, serverTiming: undefined, responseStart: 9, accepted: true },
    { where: 'another origin', crossOrigin: true, serverTiming: [{ name: 'cdn' }], responseStart: 9, accepted: false },
    { where: 'another origin', crossOrigin: true, serverTiming: [], responseStart: 0, accepted: false },
    { where: 'another origin', crossOrigin: true, serverTiming: undefined, responseStart: 0, accepted: false },
  ])('$where, serverTiming $serverTiming, responseStart $responseStart: $accepted', ({ crossOrigin, serverTiming, responseStart, accepted }) => {
    expect(receiptOf(crossOrigin, { serverTiming, responseStart })).toEqual([['8f14e45f', accepted]])
  })

  it('is nothing where a service worker may have made the answer up, unless the collector says so', () => {
    const container = { controller: {} as object | null }
    Object.defineProperty(navigator, 'serviceWorker', { value: container, configurable: true })
    const receipts: boolean[] = []
    watchReceipts(true, (_, accepted) => receipts.push(accepted))
    const see = (serverTiming?: object[]) => observer.report({ name, initiatorType: 'beacon', serverTiming, responseStart: 9 })
    see()
    see([])
    see(said)
    container.controller = null
    see([])
    Reflect.deleteProperty(navigator, 'serviceWorker')
    expect(receipts).toEqual([false, false, true, true])
  })

  it('takes any initiator but fetch, since browsers name a beacon’s differently', () => {
    expect(receiptOf(false, { initiatorType: 'other' })).toHaveLength(1)
    expect(receiptOf(false, { initiatorType: 'fetch' })).toEqual([])
  })

  it('passes over what is no batch', () => {
    expect(receiptOf(true, { name: 'https://example.com/logo.svg?sub=1' })).toEqual([])
  })

  it('does not look into the buffer, and stops when told to', () => {
    const receipts: unknown[] = []
    const watching = watchReceipts(false, (id) => receipts.push(id))
    expect(observer.observed).toEqual([{ type: 'resource' }])
    watching!.disconnect()
    observer.report({ name, initiatorType: 'beacon' })
    expect([receipts, observer.count()]).toEqual([[], 0])
  })
})

it('says where there is no observer', () => {
  expect(watchReceipts(false, () => {})).toBeUndefined()
})

describe('pages where receipts do not work', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })

  /** Sends a record whose beacon gets no receipt. */
  const miss = async ({ courier, last }: ReturnType<typeof createBench>, id: string, ...replies: object[]) => {
    courier.add([entry(id)])
    courier.hurry()
    expect(last().via).toBe('beacon')
    await jest.advanceTimersByTimeAsync(10_000)
    for (const reply of replies) {
      courier.hurry()
      expect(last().via).toBe('fetch')
      await last().answer(reply)
    }
  }
  const nextWay = ({ courier, last }: ReturnType<typeof createBench>) => {
    courier.add([entry('next')])
    courier.hurry()
    return last().via
  }

  it('waits 10 s for a receipt', async () => {
    const { courier, ways } = createBench()
    courier.add([entry('r0')])
    courier.hurry()
    await jest.advanceTimersByTimeAsync(9_999)
    expect(ways()).toEqual(['beacon r0'])
    await jest.advanceTimersByTimeAsync(1)
    expect(ways()).toEqual(['beacon r0', 'fetch r0'])
  })

  it('are known by two batches in a row', async () => {
    const bench = createBench()
    await miss(bench, 'r0', taken())
    await miss(bench, 'r1', taken())
    expect(nextWay(bench)).toBe('fetch')
  })

  it('stay so for the rest of the page’s life', async () => {
    const bench = createBench()
    await miss(bench, 'r0', taken())
    await miss(bench, 'r1', taken())
    bench.courier.add([entry('leaving')])
    bench.courier.leave()
    bench.courier.receipt(bench.last().batchId, true)
    expect(nextWay(bench)).toBe('fetch')
  })

  it('are not known by one, or by two apart', async () => {
    const bench = createBench()
    await miss(bench, 'r0', taken())
    expect(nextWay(bench)).toBe('beacon')
    bench.courier.receipt(bench.last().batchId, true)
    await miss(bench, 'r1', taken())
    expect(nextWay(bench)).toBe('beacon')
  })

  it('are not known by a record that was rejected, which has no receipt by design', async () => {
    const bench = createBench()
    await miss(bench, 'r0', taken([{ id: 'r0', reason: 'too_old' }]))
    await miss(bench, 'r1', taken([{ id: 'r1', reason: 'too_old' }]))
    expect(nextWay(bench)).toBe('beacon')
  })

  it('are not known by an outage', async () => {
    const bench = createBench()
    await miss(bench, 'r0', { status: 503 }, taken())
    await miss(bench, 'r1', { status: 503 }, taken())
    expect(nextWay(bench)).toBe('beacon')
  })

  it('are not known by an outage that the page has left for a while', async () => {
    const bench = createBench()
    for (const id of ['r0', 'r1']) {
      await miss(bench, id, { status: 503 })
      bench.courier.leave()
      bench.courier.receipt(bench.last().batchId, false)
      await bench.last().answer(taken())
    }
    expect(nextWay(bench)).toBe('beacon')
  })

  it('are known by the first two batches where nothing observes them, each of which a fetch follows at once', async () => {
    const { courier, ways, last } = createBench({ receipts: false })
    for (const id of ['r0', 'r1', 'r2']) {
      courier.add([entry(id)])
      courier.hurry()
      await jest.advanceTimersByTimeAsync(1)
      await last().answer(taken())
    }
    expect(ways()).toEqual(['beacon r0', 'fetch r0', 'beacon r1', 'fetch r1', 'fetch r2'])
  })

  it('send by fetch while the page is visible, and by beacon when it leaves', async () => {
    const { courier, page, ways } = await createBlindBench()
    courier.add([entry('r0')])
    courier.hurry()
    courier.add([entry('r1')])
    page.visible = false
    courier.leave()
    courier.add([entry('r2')])
    courier.hurry()
    expect(ways()).toEqual(['fetch r0', 'beacon r1', 'beacon r2'])
  })
})
