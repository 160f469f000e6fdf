import { SpoolFullError } from '../spool.js'
import type { Leased } from '../spool.js'
import { customer, ids, jsons, record, records, sleep } from './support.js'
import type { Handles } from './support.js'

/** How items come in: whole, once, in order, and only while there is room. */
export function describeTaking({ open, openThree }: Handles) {
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
      const spool = await open({ rememberMs: 500 })
      await spool.append([record('1')])
      expect(await spool.append([record('1')])).toEqual({ duplicates: 1 })
      await sleep(1_100)
      expect(await spool.append([record('1')])).toEqual({ duplicates: 0 })
      expect(await spool.append([record('1')])).toEqual({ duplicates: 1 })
    })

    it('knows a corrected record for longer, whether or not it is corrected the second time', async () => {
      const spool = await open({ rememberMs: 500, rememberCorrectedMs: 60_000 })
      const corrected = { ...record('1'), corrected: true as const }
      await spool.append([corrected, record('2')])
      await sleep(1_100)
      expect(await (await open({ rememberMs: 500 })).append([record('2'), record('1')])).toEqual({ duplicates: 1 })
      expect(await spool.append([corrected])).toEqual({ duplicates: 1 })
    })

    it('forgets a corrected record too', async () => {
      const spool = await open({ rememberMs: 150, rememberCorrectedMs: 200 })
      const corrected = { ...record('1'), corrected: true as const }
      await spool.append([corrected])
      await sleep(550)
      expect(await spool.append([corrected])).toEqual({ duplicates: 0 })
    })

    it('tells which are known', async () => {
      const spool = await open()
      await spool.append([record('1'), record('sent'), { ...record('corrected'), corrected: true }])
      const other = await open()
      await other.ack((await other.lease(10)).filter(({ id }) => id === 'sent'))
      expect(await other.knows([record('1', 'acme', ''), record('2'), record('sent'), record('corrected'), record('1', 'other')])).toEqual([true, false, true, true, false])
      // To be asked for is not to be known.
      expect(await other.append([record('2')])).toEqual({ duplicates: 0 })
    })

    it('takes customers again and again', async () => {
      const spool = await open()
      await spool.append([customer('acme', 'A')])
      expect(await spool.append([customer('acme', 'A')])).toEqual({ duplicates: 0 })
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
}
