import { SpoolFullError } from './spool.js'
import type { Leased, Spool, SpoolItem, SpoolOptions } from './spool.js'

/** What the suite needs of an implementation: several handles on one queue, and an empty one for each test. */
export interface SpoolMaker {
  /** Each call gives another handle on the queue of the running test. */
  open(options?: SpoolOptions): Promise<Spool>
  /** Makes the next test's queue an empty one. */
  reset(): Promise<void>
}

const record = (id: string, customerId = 'acme', json = `{"uniqueId":"${id}"}`): SpoolItem => ({ kind: 'record', customerId, id, json })
const customer = (customerId: string, name: string): SpoolItem => ({ kind: 'customer', customerId, id: customerId, json: `{"customerName":"${name}"}` })
const records = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => record(`${prefix}${index}`))
const ids = (items: readonly SpoolItem[]) => items.map(({ id }) => id)
const jsons = (items: readonly SpoolItem[]) => items.map(({ json }) => json)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What every spool promises, as tests. */
export function describeSpool(name: string, maker: SpoolMaker) {
  describe(name, () => {
    let handles: Spool[] = []
    const open = async (options?: SpoolOptions) => {
      const spool = await maker.open(options)
      handles.push(spool)
      return spool
    }

    beforeEach(() => maker.reset())
    afterEach(async () => {
      await Promise.all(handles.map((spool) => spool.close()))
      handles = []
    })

    const openThree = async () => {
      const spools = await Promise.all([open(), open(), open()])
      return (index: number) => spools[index % 3] as Spool
    }

    describe('append and lease', () => {
      it('gives items back as they came, oldest first', async () => {
        const spool = await open()
        const before = Date.now()
        const text = '{"dimensions":{"a":"\\u0000 é 漢 \u{1F600}"}}'
        expect(await spool.append([record('1'), record('2', 'acme', text), customer('acme', 'Acme')])).toEqual({ duplicates: 0 })
        await spool.append([record('3', 'a/b|c "d" \n')])
        const leased = await spool.lease(10)
        expect(ids(leased)).toEqual(['1', '2', 'acme', '3'])
        expect(leased[1]).toMatchObject({ kind: 'record', customerId: 'acme', id: '2', json: text, attempts: 0 })
        expect(leased[3]?.customerId).toBe('a/b|c "d" \n')
        for (const { appendedAt } of leased) expect(Math.abs(appendedAt - before)).toBeLessThan(5_000)
      })

      it('takes nothing of an empty batch', async () => {
        const spool = await open()
        expect(await spool.append([])).toEqual({ duplicates: 0 })
        expect(await spool.lease(10)).toEqual([])
      })

      it('leases at most so many, and none that is leased', async () => {
        const spool = await open()
        const other = await open()
        await spool.append(records(5))
        const first = await spool.lease(3)
        expect(ids(first)).toEqual(['r0', 'r1', 'r2'])
        expect(ids(await other.lease(3))).toEqual(['r3', 'r4'])
        expect(await spool.lease(3)).toEqual([])
      })

      it('never gives one item to two of many that lease at once', async () => {
        const spool = await openThree()
        await spool(0).append(records(200))
        const leased = (await Promise.all(Array.from({ length: 12 }, (_, index) => spool(index).lease(20)))).flat()
        expect(leased).toHaveLength(200)
        expect(new Set(ids(leased)).size).toBe(200)
      })

      it('keeps many appends at once whole', async () => {
        const spool = await openThree()
        await Promise.all(Array.from({ length: 300 }, (_, index) => spool(index).append(records(3, `b${index}-`))))
        expect((await spool(0).stats()).waiting).toBe(900)
        expect(new Set(ids(await spool(1).lease(1000))).size).toBe(900)
      })
    })

    describe('known ids', () => {
      it('takes a record once, whatever its text is the second time', async () => {
        const spool = await open()
        await spool.append([record('1', 'acme', '{"first":1}')])
        expect(await spool.append([record('1', 'acme', '{"second":2}'), record('2')])).toEqual({ duplicates: 1 })
        expect(jsons(await spool.lease(10))).toEqual(['{"first":1}', '{"uniqueId":"2"}'])
      })

      it('finds a duplicate inside one batch, and between handles', async () => {
        const spool = await open()
        expect(await spool.append([record('1'), record('1'), record('2')])).toEqual({ duplicates: 1 })
        expect(await (await open()).append([record('2')])).toEqual({ duplicates: 1 })
        expect((await spool.stats()).waiting).toBe(2)
      })

      it('takes a record once when many append it at the same time', async () => {
        const spool = await openThree()
        const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => spool(index).append([record('same')])))
        expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(29)
        expect((await spool(0).stats()).waiting).toBe(1)
      })

      it('keeps the ids of different customers apart', async () => {
        const spool = await open()
        expect(await spool.append([record('c1', 'ab'), record('1', 'abc'), record('1', 'other')])).toEqual({ duplicates: 0 })
      })

      it('still knows what was delivered or died', async () => {
        const spool = await open()
        await spool.append([record('sent'), record('died')])
        const [sent, died] = await spool.lease(10)
        await spool.ack([sent as Leased])
        await spool.dead([died as Leased], 'status 400')
        expect(await spool.append([record('sent'), record('died')])).toEqual({ duplicates: 2 })
      })

      it('forgets an id after its time', async () => {
        const spool = await open({ rememberMs: 150 })
        await spool.append([record('1')])
        expect(await spool.append([record('1')])).toEqual({ duplicates: 1 })
        await sleep(350)
        expect(await spool.append([record('1')])).toEqual({ duplicates: 0 })
        expect(await spool.append([record('1')])).toEqual({ duplicates: 1 })
      })

      it('takes customers again and again', async () => {
        const spool = await open()
        await spool.append([customer('acme', 'A')])
        expect(await spool.append([customer('acme', 'A')])).toEqual({ duplicates: 0 })
      })
    })

    describe('after a lease', () => {
      it('is rid of what was acknowledged', async () => {
        const spool = await open({ leaseMs: 100 })
        await spool.append(records(3))
        const [first, ...rest] = await spool.lease(3)
        await spool.ack([first as Leased])
        await sleep(150)
        expect(ids(await spool.lease(3))).toEqual(ids(rest))
        expect((await spool.stats()).waiting).toBe(2)
      })

      it('gives out again what its holder never settled, and counts the attempts', async () => {
        const dying = await open({ leaseMs: 150 })
        const other = await open({ leaseMs: 150 })
        await dying.append(records(2))
        await dying.lease(2)
        expect(await other.lease(2)).toEqual([])
        await sleep(200)
        const again = await other.lease(2)
        expect(again.map(({ id, attempts }) => [id, attempts])).toEqual([['r0', 1], ['r1', 1]])
        expect(jsons(again)).toEqual(jsons(records(2)))
      })

      it('takes the word of one whose lease had ended, once', async () => {
        const slow = await open({ leaseMs: 80 })
        const other = await open({ leaseMs: 80 })
        await slow.append(records(2))
        const late = await slow.lease(2)
        await sleep(120)
        const again = await other.lease(2)
        await slow.ack(late)
        await other.ack(again)
        await slow.retry(late, 0)
        await other.dead(again, 'too late')
        expect(await other.stats()).toEqual({ waiting: 0, bytes: 0, dead: 0, oldestAt: null })
        expect(await other.lease(2)).toEqual([])
      })

      it('gives out again what is to be retried, when its delay is over', async () => {
        const spool = await open({ leaseMs: 10_000 })
        await spool.append(records(2))
        const [now, later] = await spool.lease(2)
        await spool.retry([now as Leased], 0)
        await spool.retry([later as Leased], 200)
        expect(ids(await spool.lease(2))).toEqual(['r0'])
        await sleep(260)
        const [again] = await spool.lease(2)
        expect(again).toMatchObject({ id: 'r1', attempts: 1 })
      })

      it('never hides an item for longer than a lease', async () => {
        const spool = await open({ leaseMs: 150 })
        await spool.append(records(1))
        await spool.retry(await spool.lease(1), 60 * 60 * 1000)
        await sleep(220)
        expect(await spool.lease(1)).toHaveLength(1)
      })
    })

    describe('customers', () => {
      it('come out one at a time, in order, records past them', async () => {
        const spool = await open()
        const other = await open()
        await spool.append([customer('acme', 'first'), record('1'), customer('acme', 'second'), customer('initech', 'only')])
        const leased = await spool.lease(10)
        expect(jsons(leased)).toEqual(['{"customerName":"first"}', '{"uniqueId":"1"}', '{"customerName":"only"}'])
        expect(await other.lease(10)).toEqual([])
        await spool.ack(leased)
        await sleep(20)
        const next = await leaseUntil(other, 1)
        expect(jsons(next)).toEqual(['{"customerName":"second"}'])
      })

      it('wait while the one before is to be retried, and go on when it died', async () => {
        const spool = await open({ leaseMs: 5_000 })
        await spool.append([customer('acme', 'first'), customer('acme', 'second')])
        await spool.retry(await spool.lease(10), 100)
        expect(await spool.lease(10)).toEqual([])
        const first = await leaseUntil(spool, 1)
        expect(jsons(first)).toEqual(['{"customerName":"first"}'])
        await spool.dead(first, 'status 400')
        expect(jsons(await leaseUntil(spool, 1))).toEqual(['{"customerName":"second"}'])
      })

      it('are worked on by one at a time, across handles', async () => {
        const spool = await openThree()
        let inside = 0
        let most = 0
        const work = async () => {
          most = Math.max(most, ++inside)
          await sleep(5)
          inside -= 1
          return 'done'
        }
        const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => spool(index).withCustomer('acme', work)))
        expect(answers).toEqual(Array(9).fill('done'))
        expect(most).toBe(1)
      })

      it('do not wait for each other, and a failure frees the next', async () => {
        const spool = await open()
        let free = () => {}
        const held = spool.withCustomer('acme', () => new Promise<void>((resolve) => (free = resolve)))
        expect(await spool.withCustomer('initech', async () => 'at once')).toBe('at once')
        free()
        await held
        await expect(spool.withCustomer('acme', () => Promise.reject(new Error('upstream')))).rejects.toThrow('upstream')
        expect(await (await open()).withCustomer('acme', async () => 'next')).toBe('next')
      })
    })

    describe('dead letters', () => {
      it('are kept apart, listed with their reason, and sent again on demand', async () => {
        const spool = await open()
        await spool.append([...records(3), customer('acme', 'A')])
        await spool.dead(await spool.lease(10), 'status 422')
        expect(await spool.lease(10)).toEqual([])
        const listed = await spool.listDead(10)
        expect(listed.map(({ id, kind, reason }) => [id, kind, reason])).toEqual([
          ['r0', 'record', 'status 422'],
          ['r1', 'record', 'status 422'],
          ['r2', 'record', 'status 422'],
          ['acme', 'customer', 'status 422'],
        ])
        expect(Math.abs((listed[0]?.diedAt ?? 0) - Date.now())).toBeLessThan(5_000)
        expect(await spool.listDead(2)).toHaveLength(2)
        expect(await spool.stats()).toMatchObject({ waiting: 0, dead: 4 })

        expect(await spool.retryDead([listed[1]?.lease ?? ''])).toBe(1)
        expect(await spool.retryDead([listed[1]?.lease ?? ''])).toBe(0)
        expect((await spool.lease(10)).map(({ id, attempts, json }) => [id, attempts, json])).toEqual([['r1', 0, '{"uniqueId":"r1"}']])
        expect(await (await open()).retryDead()).toBe(3)
        expect(ids(await spool.lease(10))).toEqual(['r0', 'r2', 'acme'])
        expect(await spool.stats()).toMatchObject({ waiting: 4, dead: 0 })
      })
    })

    describe('size', () => {
      it('is told', async () => {
        const spool = await open()
        expect(await spool.stats()).toEqual({ waiting: 0, bytes: 0, dead: 0, oldestAt: null })
        await spool.append([record('1', 'acme', '"é"'), record('2', 'acme', '"漢"')])
        const stats = await spool.stats()
        expect(stats).toMatchObject({ waiting: 2, bytes: 9, dead: 0 })
        expect(Math.abs((stats.oldestAt ?? 0) - Date.now())).toBeLessThan(5_000)
        const [first, second] = await spool.lease(2)
        await spool.ack([first as Leased])
        await spool.dead([second as Leased], 'status 400')
        expect(await spool.stats()).toEqual({ waiting: 0, bytes: 5, dead: 1, oldestAt: null })
      })

      it.each([
        ['items', { maxItems: 3 }],
        ['bytes', { maxBytes: 3 * '{"uniqueId":"r0"}'.length }],
      ])('is bounded by %s: a batch that does not fit is refused whole', async (_, options) => {
        const spool = await open(options)
        await spool.append(records(2))
        await expect(spool.append(records(2, 's'))).rejects.toThrow(SpoolFullError)
        expect((await spool.stats()).waiting).toBe(2)
        // What is known takes no room, and what was refused is not known.
        expect(await spool.append([record('r0'), record('r1'), record('s0')])).toEqual({ duplicates: 2 })
        expect(await spool.append(records(2))).toEqual({ duplicates: 2 })
        await expect(spool.append([customer('acme', 'x')])).rejects.toThrow(SpoolFullError)
        await spool.ack(await spool.lease(1))
        expect(await spool.append([record('s1')])).toEqual({ duplicates: 0 })
      })
    })

    it('is still there when it is opened again', async () => {
      const spool = await maker.open({ leaseMs: 50 })
      await spool.append(records(3))
      const [first, second] = await spool.lease(2)
      await spool.ack([first as Leased])
      await spool.dead([second as Leased], 'status 400')
      await spool.close()
      const again = await open({ leaseMs: 50 })
      expect(await again.stats()).toMatchObject({ waiting: 1, dead: 1 })
      expect(await again.append(records(3))).toEqual({ duplicates: 3 })
      expect(ids(await again.lease(10))).toEqual(['r2'])
    })
  })
}

/** Leases until something comes: who waits for another's turn may be told of it a little later. */
async function leaseUntil(spool: Spool, count: number): Promise<Leased[]> {
  const giveUpAt = Date.now() + 3_000
  for (;;) {
    const leased = await spool.lease(count)
    if (leased.length > 0 || Date.now() > giveUpAt) return leased
    await sleep(20)
  }
}
