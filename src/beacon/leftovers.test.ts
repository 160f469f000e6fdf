import { IDBFactory } from 'fake-indexeddb'
import { createJournal } from './journal.js'
import { entries, entry, turn } from './testing/courier.js'
import { createDisk } from './testing/disk.js'
import { ids, openOutbox as open, settled } from './testing/outbox.js'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  localStorage.clear()
})

describe('leftovers', () => {
  it('are taken over from the page that left them, and deleted by their fate', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(3))
    const next = open('p2', disk)
    expect([...await next.outbox.owners()]).toEqual(['p1'])
    await next.outbox.takeOver('p1')
    expect(next.handed.map(ids)).toEqual([['r0', 'r1', 'r2']])
    next.handed[0]!.forEach(next.outbox.remove)
    await settled(next.outbox)
    expect(await disk.rows()).toEqual([['last']])
  })

  it('keep their texts, keys, proofs and times', async () => {
    const { disk, outbox } = open('p1')
    const item = entry('r0', { json: '{"a": "ü"}', proof: 'A', at: 5 })
    await outbox.put(item)
    const next = open('p2', disk)
    await next.outbox.takeOver('p1')
    expect(next.handed[0]).toEqual([item])
  })

  it('are all read, however many', async () => {
    const { disk, outbox } = open('p1')
    for (let count = 0; count < 450; count++) await outbox.put(entry(`r${count}`))
    await open('p0', disk).outbox.put(entry('other'))
    const next = open('p2', disk)
    await next.outbox.takeOver('p1')
    expect(ids(next.handed.flat())).toEqual(Array.from({ length: 450 }, (_, count) => `r${count}`))
  })

  it('are taken over once, until the page begins anew', async () => {
    const { disk, putAll } = open('p1')
    await putAll(entries(2))
    const next = open('p2', disk)
    await next.outbox.takeOver('p1')
    await next.outbox.takeOver('p1')
    expect(next.handed).toHaveLength(1)
    next.outbox.restart('p3')
    await next.outbox.takeOver('p1')
    expect(next.handed).toHaveLength(2)
  })

  it('are never the page’s own', async () => {
    const { outbox, handed, putAll } = open('p1')
    await putAll(entries(2))
    await outbox.takeOver('p1')
    expect(handed).toHaveLength(1)
  })

  it('of nobody are nothing', async () => {
    const { outbox, handed } = open('p1')
    await outbox.takeOver('p0')
    expect([handed, [...await outbox.owners()]]).toEqual([[], []])
  })
})

describe('a page that goes', () => {
  it('writes to the journal what is not committed, and hands it over', async () => {
    const { disk, outbox, handed } = open('p1')
    await outbox.put(entry('kept'))
    disk.hold()
    void outbox.put(entry('late'))
    outbox.leave()
    expect(ids(handed[1]!)).toEqual(['late'])
    const journal = createJournal('outbox', localStorage)
    expect(ids(journal.read('p1'))).toEqual(['late'])
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
    const { disk, outbox } = open('p1')
    await outbox.put(entry('r0'))
    createJournal('outbox', localStorage).write('p1', [entry('r0'), entry('r1')])
    const next = open('p2', disk)
    await next.outbox.takeOver('p1')
    expect(next.handed.map(ids)).toEqual([['r0'], ['r1']])
  })

  it('leaves the journal to the next page, which makes it durable before the entry goes', async () => {
    const gone = open('p1')
    gone.disk.hold()
    void gone.outbox.put(entry('r0'))
    gone.outbox.leave()

    const next = open('p2')
    const release = next.disk.hold()
    expect([...await next.outbox.owners()]).toEqual(['p1'])
    const taking = next.outbox.takeOver('p1')
    await turn()
    expect(localStorage.length).toBe(1)
    release()
    await taking
    expect(localStorage.length).toBe(0)
    expect(await next.disk.rows()).toEqual([['r0']])
    expect(next.handed.map(ids)).toEqual([['r0']])
  })

  it('goes on as another owner when it comes back', async () => {
    const { disk, outbox } = open('p1')
    const release = disk.hold()
    const putting = outbox.put(entry('r0'))
    outbox.leave()
    expect(ids(outbox.restart('p2'))).toEqual(['r0'])
    expect(localStorage.length).toBe(0)
    release()
    await putting
    await outbox.put(entry('r1'))
    expect([...await outbox.owners()].sort()).toEqual(['p1', 'p2'])
  })
})

describe.each(['full', 'blocked'] as const)('storage that is %s', (trouble) => {
  const openInTrouble = (owner: string, disk = createDisk()) => {
    disk[trouble] = true
    return open(owner, disk)
  }

  it('is said once, and holds nothing up', async () => {
    const { outbox, handed, blocked } = openInTrouble('p')
    await outbox.put(entry('r0'))
    await outbox.put(entry('r1'))
    expect(handed.map(ids)).toEqual([['r0'], ['r1']])
    expect(blocked).toHaveLength(1)
  })

  it('leaves to the journal what memory holds, but not what has a fate', async () => {
    const { outbox, putAll } = openInTrouble('p')
    const items = entries(2)
    await putAll([items[0]!])
    await putAll([items[1]!])
    outbox.remove(items[0]!)
    outbox.leave()
    expect(ids(createJournal('outbox', localStorage).read('p'))).toEqual(['r1'])
  })

  it('passes the journal from page to page', async () => {
    const one = openInTrouble('p1')
    await one.outbox.put(entry('r0'))
    one.outbox.leave()
    const two = openInTrouble('p2')
    await two.outbox.takeOver('p1').catch(() => {})
    expect(two.handed.map(ids)).toEqual([['r0']])
    const journal = createJournal('outbox', localStorage)
    expect([journal.owners(), ids(journal.read('p2'))]).toEqual([['p2'], ['r0']])
  })
})
