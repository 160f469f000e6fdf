import type { Leased } from '../spool.js'
import { customer, ids, jsons, leaseUntil, record, records, sleep } from './support.js'
import type { Handles } from './support.js'

/** How items go: acknowledged, retried, dead, or left behind by a holder that died. */
export function describeSettling({ open, openThree }: Handles) {
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
      const dying = await open({ leaseMs: 500 })
      const other = await open({ leaseMs: 500 })
      await dying.append(records(2))
      await dying.lease(2)
      expect(await other.lease(2)).toEqual([])
      await sleep(600)
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
      await spool.retry([later as Leased], 600)
      expect(ids(await spool.lease(2))).toEqual(['r0'])
      await sleep(700)
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

  it('is still there when it is opened again', async () => {
    const spool = await open({ leaseMs: 50 })
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
}
