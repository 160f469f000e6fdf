import { setImmediate as task } from 'node:timers/promises'
import { IDBFactory } from 'fake-indexeddb'
import type { Store } from './storage.js'
import { entries, entry, turn } from './testing/courier.js'
import { createDisk } from './testing/disk.js'
import { fakeLocks } from './testing/locks.js'
import { ids, journal, openOutbox as open, settled } from './testing/outbox.js'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  localStorage.clear()
})

describe('leftovers', () => {
  it('are taken over from the page that left them, and deleted by their fate', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(3))
    const next = open('p2', disk)
    await next.takeOver()
    expect(ids(next.handed.flat())).toEqual(['r0', 'r1', 'r2'])
    next.outbox.remove(next.handed.flat())
    await settled(next.outbox)
    expect(await disk.rows()).toEqual([['last']])
  })

  it('are taken over as the page noted them that had taken them over before', async () => {
    const locks = fakeLocks()
    const first = open('p1', undefined, locks)
    const items = entries(3)
    await first.putAll(items)
    const second = open('p2', first.disk, locks)
    await second.takeOver()
    second.disk.hold()
    second.outbox.remove(second.handed[0]!)
    second.outbox.leave()
    second.crash()
    const third = open('p3', createDisk(), locks)
    await third.takeOver()
    expect(ids(third.handed.flat())).toEqual(['r1', 'r2'])
    third.outbox.remove(third.handed.flat())
    await settled(third.outbox)
    expect(await third.disk.rows()).toEqual([['last']])
  })

  it('that were taken over while storage was full are deleted where they were, once it is not', async () => {
    const locks = fakeLocks()
    const gone = open('p1', undefined, locks)
    const items = entries(2)
    await gone.putAll(items)
    gone.disk.hold()
    gone.outbox.remove(items.slice(0, 1))
    gone.outbox.leave()
    gone.crash()
    const next = open('p2', createDisk(), locks)
    next.disk.full = true
    await next.takeOver()
    next.disk.full = false
    await settled(next.outbox)
    expect(ids(next.handed.flat())).toEqual(['r1', 'last'])
    expect((await next.disk.rows()).flat()).toEqual(['r1', 'last'])
  })

  it('keep their texts, keys, proofs and times', async () => {
    const { disk, outbox } = open('p1')
    const item = entry('r0', { json: '{"a": "ü"}', proof: 'A', at: 5 })
    await outbox.put(item)
    const next = open('p2', disk)
    await next.takeOver()
    expect(next.handed[0]).toEqual([item])
  })

  it('are all read, however many', async () => {
    const { disk, outbox } = open('p1')
    for (let count = 0; count < 450; count++) await outbox.put(entry(`r${count}`))
    const other = open('p0', disk)
    await other.outbox.put(entry('other'))
    const next = open('p2', disk)
    await next.takeOver()
    expect(ids(next.handed.flat()).filter((id) => id !== 'other')).toEqual(Array.from({ length: 450 }, (_, count) => `r${count}`))
  })

  it('are taken over once, also by a page that had let go of them', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(2))
    const next = open('p2', disk)
    await next.takeOver()
    await next.takeOver()
    next.outbox.release()
    await next.takeOver()
    expect(ids(next.handed.flat())).toEqual(['r0', 'r1'])
  })

  it('are never the page’s own', async () => {
    const { handed, putAll, takeOver } = open('p1')
    await putAll(entries(1))
    await takeOver()
    expect(handed).toHaveLength(1)
  })

  it('of nobody are nothing', async () => {
    const { handed, takeOver } = open('p1')
    localStorage.setItem('theme', 'dark')
    localStorage.setItem('other p0', JSON.stringify(entries(1)))
    await takeOver()
    expect(handed).toEqual([])
  })

  it('are one page’s at a time, while it lives or until it lets go of them', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(1))
    const locks = fakeLocks()
    const [two, three] = [open('p2', disk, locks), open('p3', disk, locks)]
    await two.takeOver()
    await three.takeOver()
    expect([two.handed.length, three.handed.length]).toEqual([1, 0])
    two.outbox.release()
    await three.takeOver()
    expect(three.handed.map(ids)).toEqual([['r0']])
  })

  it('are found too when their page had only seemed to go, and adds to them after they were taken over', async () => {
    const locks = fakeLocks()
    const { disk, outbox, putAll } = open('p1', undefined, locks)
    await putAll(entries(1))
    outbox.release()
    const other = open('p2', disk, locks)
    await other.takeOver()
    await putAll(entries(1, {}, 'late'))
    const next = open('p3', disk, locks)
    await next.takeOver()
    expect([other, next].map(({ handed }) => ids(handed.flat()))).toEqual([['r0'], ['late0']])
  })

  it('are taken over once where they cannot be deleted', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(1))
    const next = open('p2', { ...createDisk(), transact: async (work) => disk.transact((rows) => {
      const request = work(rows)
      if (!(request as IDBRequest | void)) throw new DOMException('full', 'QuotaExceededError')
      return request
    }) })
    await next.takeOver()
    await next.takeOver()
    expect(ids(next.handed.flat())).toEqual(['r0'])
  })

  it('are not taken over by a page that left before they were granted', async () => {
    const gone = open('p1')
    gone.disk.hold()
    void gone.outbox.put(entry('r0'))
    gone.outbox.leave()
    const next = open('p2')
    const taking = next.takeOver()
    next.outbox.release()
    await taking
    expect([next.handed, ids(journal('p1'))]).toEqual([[], ['r0']])
  })

  it('that are still being read as the page leaves are for whoever comes next', async () => {
    const { disk, outbox } = open('p1')
    for (let count = 0; count < 100; count++) await outbox.put(entry(`r${count}`))
    const next = open('p2', disk)
    void next.outbox.takeOver()
    while (!next.handed[0]) await task()
    next.outbox.release()
    await next.takeOver()
    expect(next.handed.length).toBeLessThan(50)
  })

  it('are not held by a page that left before they were granted', async () => {
    const locks = fakeLocks()
    const { outbox } = open('p1', createDisk(), locks)
    void outbox.takeOver()
    outbox.release()
    await turn()
    expect(locks.held.size).toBe(0)
  })
})

describe('a page that goes', () => {
  it('writes to the journal what is not committed', async () => {
    const { disk, outbox, handed } = open('p1')
    await outbox.put(entry('kept'))
    disk.hold()
    void outbox.put(entry('late'))
    outbox.leave()
    expect(ids(handed[1]!)).toEqual(['late'])
    expect(ids(journal('p1'))).toEqual(['late'])
  })

  it('empties the journal if the commit came about after all', async () => {
    const { disk, outbox } = open('p1')
    const release = disk.hold()
    const putting = outbox.put(entry('r0'))
    outbox.leave()
    release()
    await putting
    expect(localStorage.length).toBe(0)
    expect(await disk.rows()).toEqual([['r0']])
  })

  it('leaves what is both in the journal and on the disk to be taken once', async () => {
    const gone = open('p1')
    await gone.outbox.put(entry('r0'))
    const release = gone.disk.hold()
    const putting = gone.outbox.put(entry('r1'))
    gone.outbox.leave()
    const journal = localStorage.getItem('outbox p1')!
    release()
    await putting
    // The page ended before it could take the entry back.
    localStorage.setItem('outbox p1', journal)
    const next = open('p2')
    await next.takeOver()
    expect(ids(next.handed.flat()).sort()).toEqual(['r0', 'r1'])
  })

  it('leaves only what waits still, though the row as it was is on the disk', async () => {
    const gone = open('p1')
    const items = entries(5)
    await gone.putAll(items.slice(0, 3))
    await gone.putAll(items.slice(3))
    gone.disk.hold()
    for (const at of [0, 2, 3, 4]) gone.outbox.remove([items[at]!])
    gone.outbox.leave()
    const next = open('p2')
    await next.takeOver()
    expect(next.handed.flat().map(({ id }) => id)).toEqual(['r1'])
    expect(await next.disk.rows()).toEqual([['r1']])
    expect(localStorage.length).toBe(0)
  })

  it('lets nobody take over before what is being committed is there', async () => {
    const locks = fakeLocks()
    const one = open('p1', createDisk(), locks)
    await one.takeOver()
    const release = one.disk.hold()
    const putting = one.outbox.put(entry('r0'))
    await turn()
    one.outbox.release()
    const two = open('p2', createDisk(), locks)
    await two.takeOver()
    expect(two.handed).toEqual([])
    release()
    await putting
    await two.takeOver()
    expect(two.handed.map(ids)).toEqual([['r0']])
  })

  it('leaves the journal to the next page, which makes it durable before the entry goes', async () => {
    const gone = open('p1')
    gone.disk.hold()
    void gone.outbox.put(entry('r0'))
    gone.outbox.leave()

    const next = open('p2')
    const release = next.disk.hold()
    const taking = next.takeOver()
    await turn()
    expect(localStorage.length).toBe(1)
    release()
    await taking
    expect(localStorage.length).toBe(0)
    expect(await next.disk.rows()).toEqual([['r0']])
    expect(next.handed.map(ids)).toEqual([['r0']])
  })

  it('survives a full journal', () => {
    const { outbox } = open('p1', createDisk(), fakeLocks(), Object.freeze<Store>({}))
    void outbox.put(entry('r0'))
    expect(outbox.leave).not.toThrow()
  })
})

describe.each(['full', 'blocked'] as const)('storage that is %s', (trouble) => {
  const openInTrouble = (owner: string, disk = createDisk()) => {
    disk[trouble] = true
    return open(owner, disk)
  }

  it('holds nothing up', async () => {
    const { outbox, handed, blocked } = openInTrouble('p')
    await outbox.put(entry('r0'))
    await outbox.put(entry('r1'))
    expect(handed.map(ids)).toEqual([['r0'], ['r1']])
    expect(blocked).toHaveLength(2)
  })

  it('may come to an end: what memory holds is kept then', async () => {
    const { disk, outbox } = openInTrouble('p')
    await outbox.put(entry('r0'))
    disk[trouble] = false
    await outbox.put(entry('r1'))
    expect(await disk.rows()).toEqual([['r0'], ['r1']])
  })

  it('may come to an end: what has a fate is deleted then', async () => {
    const { disk, outbox } = open('p')
    const item = entry('r0')
    await outbox.put(item)
    disk[trouble] = true
    outbox.remove([item])
    await outbox.put(entry('r1'))
    disk[trouble] = false
    await outbox.put(entry('r2'))
    expect(await disk.rows()).toEqual([['r1'], ['r2']])
  })

  it('leaves to the journal what memory holds, but not what has a fate', async () => {
    const { outbox, putAll } = openInTrouble('p')
    const items = entries(2)
    await putAll([items[0]!])
    await putAll([items[1]!])
    outbox.remove([items[0]!])
    outbox.leave()
    expect(ids(journal('p'))).toEqual(['r1'])
  })

  it('piles up no rows of what has a fate', async () => {
    const { outbox } = openInTrouble('p')
    const item = entry('r0')
    await outbox.put(item)
    outbox.remove([item])
    await settled(outbox)
    outbox.leave()
    expect(JSON.parse(localStorage.getItem('outbox p')!)).toHaveLength(1)
  })

  it('passes the journal from page to page', async () => {
    const one = openInTrouble('p1')
    await one.outbox.put(entry('r0'))
    one.outbox.leave()
    const two = openInTrouble('p2')
    await two.takeOver()
    expect(two.handed.map(ids)).toEqual([['r0']])
    expect([journal('p1'), ids(journal('p2'))]).toEqual([[], ['r0']])
  })
})
