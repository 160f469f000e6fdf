import { createBrowser, hide, item, show, until } from './testing/page.js'

let browser: ReturnType<typeof createBrowser>
const pages: { close(): void }[] = []

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] })
  browser = createBrowser()
})
afterEach(() => {
  for (const page of pages.splice(0)) page.close()
  browser.shut()
})

const open = (...args: Parameters<typeof browser.open>) => {
  const page = browser.open(...args)
  pages.push(page)
  return page
}
const slow = { limits: { maxRecords: 100, maxBytes: 48 * 1024, maxDelayMs: 10 ** 9 } }
const pageEvent = (name: string, persisted = false) => dispatchEvent(Object.assign(new Event(name), { persisted }))

describe('the way of an item', () => {
  it('is onto the disk, into a beacon, and off the disk on its receipt', async () => {
    const { put, ends } = open()
    await put(item('r0'))
    expect(await browser.rows()).toBe(1)
    expect(browser.sent()).toEqual([])
    await jest.advanceTimersByTimeAsync(1_000)
    expect(browser.sent()).toEqual(['beacon r0'])
    expect(browser.requests[0]!.url).toMatch(/^http:\/\/localhost\/usage\?b=\w+$/)
    await until(async () => (await browser.rows()) === 0)
    expect(ends()).toEqual(['r0 accepted'])
  })

  it('is by fetch after a beacon without a receipt, and longer while the network is down', async () => {
    browser.network.up = false
    const { put, ends } = open()
    await put(item('r0'))
    await jest.advanceTimersByTimeAsync(1_000)
    await until(() => browser.requests.length === 2)
    expect(browser.sent()).toEqual(['beacon r0', 'fetch r0'])
    expect(await browser.rows()).toBe(1)
    browser.network.up = true
    dispatchEvent(new Event('online'))
    await until(() => ends().length)
    expect(browser.sent()[2]).toBe('fetch r0')
    await until(async () => (await browser.rows()) === 0)
  })

  it.each([
    ['http://localhost', '/usage', 'http://localhost/usage'],
    ['http://localhost', 'https://usage.example.com/in?site=1', 'https://usage.example.com/in?site=1'],
    // A file, or a sandboxed frame.
    ['null', 'https://usage.example.com', 'https://usage.example.com/'],
  ])('is from a page of the origin %s to %s', async (origin, url, address) => {
    const originHere = Object.getOwnPropertyDescriptor(globalThis, 'origin')!
    Object.defineProperty(globalThis, 'origin', { value: origin, configurable: true })
    const { put, flush } = open({ url })
    Object.defineProperty(globalThis, 'origin', originHere)
    await put(item('r0'))
    void flush()
    const sent = new URL(browser.requests[0]!.url)
    sent.searchParams.delete('b')
    expect(sent.href).toBe(address)
  })

  it('ends at once if it is too large', async () => {
    const { put, fates } = open()
    await put(item('r0', { json: JSON.stringify('ü'.repeat(16 * 1024)) }))
    expect(fates).toEqual([{ batchId: '', uniqueIds: ['r0'], outcome: 'rejected', reason: 'too_large', via: 'beacon' }])
    expect(await browser.rows()).toBe(0)
  })

  it('goes under a token that comes before it is committed', async () => {
    const proofs: Record<string, string> = {}
    const { put, wake, ends } = open({ proofOf: (key) => proofs[key] })
    const kept = put(item('r0'))
    proofs['ann'] = 'T1'
    wake('ann')
    await kept
    await until(() => ends().length)
    expect(JSON.parse(browser.requests[0]!.body)).toMatchObject({ token: 'T1', records: [{ uniqueId: 'r0' }] })
  })

  it('goes on when its customer is back', async () => {
    const { put, ends } = open()
    await put(item('r0'))
    browser.network.up = false
    const answering = globalThis.fetch
    globalThis.fetch = (async () => ({ status: 403, headers: new Headers() })) as unknown as typeof fetch
    hide()
    await jest.advanceTimersByTimeAsync(20_000)
    globalThis.fetch = answering
    browser.network.up = true
    show()
    await put(item('r1', { key: 'bob' }))
    hide()
    await until(() => ends().length)
    expect(ends()).toEqual(['r1 accepted'])
    void put(item('r2'))
    // Before the new one is due, whose acceptance would tell as much.
    await until(() => ends().length === 2)
    expect(ends()).toEqual(['r1 accepted', 'r0 accepted'])
  })

  it('is that of the newest customer, also when the clock was set back', async () => {
    const { put, flush, ends } = open()
    await put(item('c0', { kind: 'customers' }))
    jest.setSystemTime(Date.now() - 3_600_000)
    await put(item('c1', { kind: 'customers' }))
    await flush()
    expect(ends()).toEqual(['c0 dropped', 'c1 accepted'])
  })

  it('is that of the newest customer, also when an earlier page left one and the clock was set back since', async () => {
    const first = open()
    await first.put(item('c0', { kind: 'customers' }))
    first.close()
    jest.setSystemTime(Date.now() - 3_600_000)
    const { put, flush, ends } = open()
    await until(() => browser.locks.held.size === 2)
    await browser.rows()
    await put(item('c1', { kind: 'customers' }))
    await flush()
    expect(ends()).toEqual(['c0 dropped', 'c1 accepted'])
  })

  it('is over when flush resolves', async () => {
    const { put, flush, ends } = open()
    void put(item('r0'))
    await flush()
    expect(ends()).toEqual(['r0 accepted'])
  })
})

describe('leaving', () => {
  it('sends all that came in one beacon, even in the same task', async () => {
    const { put } = open()
    void put(item('r0'))
    void put(item('r1'))
    hide()
    expect(browser.sent()).toEqual(['beacon r0,r1'])
  })

  it('puts what is not committed where the next page finds it', async () => {
    browser.network.receipts = false
    const first = open()
    void first.put(item('r0'))
    pageEvent('pagehide')
    expect(JSON.stringify(Object.entries(localStorage))).toContain('r0')
    first.close()
    browser.network.receipts = true

    const second = open()
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return second.ends().length
    })
    expect(second.ends()).toEqual(['r0 accepted'])
    await until(async () => (await browser.rows()) === 0)
    expect(Object.keys(localStorage)).toEqual([])
  })

  it('is prepared for as soon as the page is hidden, which may be the last that it is told', () => {
    const { put } = open()
    void put(item('r0'))
    hide()
    expect(JSON.stringify(Object.entries(localStorage))).toContain('r0')
  })

  it('goes on when the back/forward cache gives the page back', async () => {
    browser.network.receipts = false
    const { put, ends } = open()
    await put(item('r0'))
    hide()
    pageEvent('pagehide')
    browser.network.receipts = true
    pageEvent('pageshow', true)
    show()
    await put(item('r1'))
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return ends().length === 2
    })
    expect(ends().sort()).toEqual(['r0 accepted', 'r1 accepted'])
    await until(async () => (await browser.rows()) === 0)
  })

  it('leaves to the page that comes back what it was taking over as it left', async () => {
    const first = open()
    await first.put(item('r0'))
    first.close()
    const { ends } = open()
    await until(() => browser.locks.held.size === 2)
    pageEvent('pagehide')
    // The page runs on for a moment, and what it had asked the disk for comes.
    await until(() => browser.locks.held.size === 0)
    pageEvent('pageshow', true)
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return (await browser.rows()) === 0
    })
    expect(ends()).toEqual(['r0 accepted'])
    expect(browser.sent()).toEqual(['beacon r0'])
  })
})

describe('the page’s end', () => {
  const freeze = () => document.dispatchEvent(new Event('freeze'))

  it.each([['hidden', hide], ['frozen', freeze], ['put away', () => pageEvent('pagehide')]])('sends what waits when it is %s', async (_, end) => {
    const { put } = open()
    await put(item('r0'))
    end()
    expect(browser.sent()).toEqual(['beacon r0'])
  })

  it('lets go of its locks before it is known to go, and holds them again if it stays', async () => {
    const { put } = open()
    await put(item('r0'))
    await until(() => browser.locks.held.size === 1)
    pageEvent('beforeunload')
    await until(() => browser.locks.held.size === 0)
    await jest.advanceTimersByTimeAsync(2_000)
    await until(() => browser.locks.held.size === 1)
    expect(browser.sent()).toEqual(['beacon r0'])
  })

  it('is followed by a life of its own where the page stays, though another has taken what it let go of', async () => {
    const { put, flush, ends } = open(slow)
    await put(item('r0'))
    pageEvent('beforeunload')
    await until(() => browser.locks.held.size === 0)
    const other = open(slow)
    await until(() => browser.locks.held.size === 2)
    await until(() => browser.locks.held.size === 1)
    await jest.advanceTimersByTimeAsync(2_000)
    await until(() => browser.locks.held.size === 2)
    await put(item('r1'))
    await flush()
    await other.flush()
    expect([ends(), other.ends()]).toEqual([['r1 accepted'], ['r0 accepted']])
  })

  it('is no reason to send again what others may have taken over, before it knows', async () => {
    browser.network.receipts = false
    const { put } = open()
    await put(item('r0'))
    pageEvent('beforeunload')
    pageEvent('pagehide')
    hide()
    expect(browser.sent()).toEqual(['beacon r0'])
    show()
    expect(browser.sent()).toHaveLength(1)
    pageEvent('pageshow', true)
    expect(browser.sent()).toHaveLength(1)
  })

  it('is not the first load', async () => {
    const { put } = open()
    void put(item('r0'))
    pageEvent('pageshow')
    expect(browser.sent()).toEqual([])
  })
})

describe('what a page has left', () => {
  it('is sent by the next one in its first batch', async () => {
    const first = open()
    await first.put(item('r0', { json: '{"uniqueId":"r0","b":1,"a":2}' }))
    first.close()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(browser.sent()).toEqual([])

    const second = open()
    await second.put(item('r1'))
    await until(() => browser.locks.held.size === 2)
    await until(async () => {
      await jest.advanceTimersByTimeAsync(100)
      return browser.requests.length
    })
    expect(browser.sent()).toEqual([expect.stringMatching(/^beacon (r0,r1|r1,r0)$/)])
    expect(browser.requests[0]!.body).toContain('{"uniqueId":"r0","b":1,"a":2}')
    await until(async () => (await browser.rows()) === 0)
  })

  it('is for another collector’s page to leave alone', async () => {
    const first = open()
    await first.put(item('r0'))
    first.close()
    open({ url: 'http://localhost/other' })
    await jest.advanceTimersByTimeAsync(60_000)
    expect(browser.sent()).toEqual([])
  })

  it('is nobody’s while the page lives, and another tab’s once it has crashed', async () => {
    const doomed = browser.locks.page()
    await open(slow, doomed).put(item('r0'))
    const other = open()
    await jest.advanceTimersByTimeAsync(120_000)
    expect(browser.sent()).toEqual([])
    doomed.crash()
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return other.ends().length
    })
    expect(browser.sent()).toEqual(['beacon r0'])
  })

  it('is known by a lease where there are no locks', async () => {
    // It does nothing more, but has not left.
    const timers = (['setTimeout', 'setInterval'] as const).map((name) => jest.spyOn(globalThis, name).mockImplementation(() => 0 as never))
    const crashed = open(slow, null as never)
    for (const timer of timers) timer.mockRestore()
    await crashed.put(item('r0'))
    const other = open({}, null as never)
    // Its database has been opened, in time.
    await browser.rows()
    await jest.advanceTimersByTimeAsync(100_000)
    expect(browser.sent()).toEqual([])
    await until(async () => {
      await jest.advanceTimersByTimeAsync(10_000)
      return other.ends().length
    })
    expect(browser.sent()).toEqual(['beacon r0'])
  })
})

describe('blocked storage', () => {
  const blocks: Record<string, () => void> = {
    'indexedDB.open throws': () => {
      indexedDB.open = () => {
        throw new DOMException('blocked', 'SecurityError')
      }
    },
    'there is no indexedDB': () => {
      Object.assign(globalThis, { indexedDB: undefined })
    },
    'indexedDB never answers': () => {
      indexedDB.open = () => ({}) as IDBOpenDBRequest
    },
    'all storage is blocked': () => {
      browser.blockLocalStorage()
      indexedDB.open = () => {
        throw new DOMException('blocked', 'SecurityError')
      }
    },
  }

  it.each(Object.keys(blocks))('%s: one warning, and all is delivered', async (block) => {
    blocks[block]!()
    const { put, ends, warnings } = open()
    const putting = [put(item('r0')), put(item('r1'))]
    await jest.advanceTimersByTimeAsync(4_000)
    await Promise.all(putting)
    await put(item('r2'))
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return ends().length === 3
    })
    expect(ends()).toEqual(['r0 accepted', 'r1 accepted', 'r2 accepted'])
    expect(warnings).toEqual([expect.stringContaining('memory')])
  })

  it('of localStorage alone goes unnoticed', async () => {
    browser.blockLocalStorage()
    const { put, flush, ends, warnings } = open()
    await put(item('r0'))
    hide()
    await flush()
    expect([ends(), warnings]).toEqual([['r0 accepted'], []])
  })
})

describe('closing', () => {
  it('stops timers and listeners', async () => {
    const { put, close } = open()
    await put(item('r0'))
    await close()
    hide()
    dispatchEvent(new Event('online'))
    await jest.advanceTimersByTimeAsync(600_000)
    expect([browser.sent(), browser.observer.count(), browser.locks.held.size, jest.getTimerCount()]).toEqual([[], 0, 0, 0])
  })

  it('is final, also where the page was about to go and has stayed', async () => {
    const { put, close } = open()
    await put(item('r0'))
    pageEvent('beforeunload')
    close()
    await jest.advanceTimersByTimeAsync(60_000)
    expect([browser.locks.held.size, jest.getTimerCount()]).toEqual([0, 0])
  })

  it('keeps what still comes for the next page', async () => {
    const first = open()
    first.close()
    await first.put(item('r0'))
    await jest.advanceTimersByTimeAsync(600_000)
    expect(browser.sent()).toEqual([])
    const second = open()
    await until(async () => {
      await jest.advanceTimersByTimeAsync(1_000)
      return second.ends().length
    })
    expect(second.ends()).toEqual(['r0 accepted'])
  })
})
