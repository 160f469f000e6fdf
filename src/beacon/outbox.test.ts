import { IDBFactory } from 'fake-indexeddb'
import type { Entry } from './item.js'
import { createJournal } from './journal.js'
import { createOutbox, type Outbox } from './outbox.js'
import { entries, entry, turn } from './testing/courier.js'
import { createDisk } from './testing/disk.js'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  localStorage.clear()
})

const ids = (items: readonly Entry[]) => items.map(({ id }) => id)

/** A page's outbox. All pages share one disk. */
const open = (owner: string, disk = createDisk()) => {
  const handed: Entry[][] = []
  const blocked: unknown[] = []
  const outbox = createOutbox({
    transact: disk.transact,
    journal: createJournal('outbox', localStorage),
    onItems: (items) => handed.push([...items]),
    onBlocked: (error) => blocked.push(error),
  })
  outbox.restart(owner)
  return { disk, outbox, handed, blocked, putAll: (items: Entry[]) => Promise.all(items.map(outbox.put)) }
}
/** Everything that is under way has been committed. */
const settled = async (outbox: Outbox) => {
  await outbox.put(entry('last'))
  await outbox.owners()
}

describe('group commit', () => {
  it('keeps what came in one turn as one row, by one transaction', async () => {
    const { disk, handed, putAll } = open('p')
    await putAll(entries(3))
    expect(await disk.rows()).toEqual([['r0', 'r1', 'r2']])
    expect(disk.commits).toBe(1)
    expect(handed.map(ids)).toEqual([['r0', 'r1', 'r2']])
  })

  it('is durable when put resolves', async () => {
    const { disk, outbox } = open('p')
    const release = disk.hold()
    const done = jest.fn()
    const putting = outbox.put(entry('r0')).then(done)
    await turn()
    expect(done).not.toHaveBeenCalled()
    release()
    await putting
    expect(await disk.rows()).toEqual([['r0']])
  })

  it('takes what comes while a commit is under way as the next', async () => {
    const { disk, outbox } = open('p')
    const release = disk.hold()
    const first = outbox.put(entry('r0'))
    await turn()
    const others = [outbox.put(entry('r1'))]
    await turn()
    others.push(outbox.put(entry('r2')))
    release()
    await Promise.all([first, ...others])
    expect(await disk.rows()).toEqual([['r0'], ['r1', 'r2']])
    expect(disk.commits).toBe(2)
  })

  it('makes rows of a hundred out of a crowd, in few transactions', async () => {
    const { disk, handed, putAll } = open('p')
    await putAll(entries(1_050))
    expect((await disk.rows()).map((row) => row.length)).toEqual([...Array<number>(10).fill(100), 50])
    expect(disk.commits).toBe(1)
    expect(handed.flat()).toHaveLength(1_050)
  })

  it('hands over what came in this turn when told to, once', async () => {
    const { outbox, handed } = open('p')
    const putting = outbox.put(entry('r0'))
    outbox.seal()
    expect(handed.map(ids)).toEqual([['r0']])
    await putting
    expect(handed).toHaveLength(1)
  })
})

describe('final fates', () => {
  it('delete a row once all of its items have one', async () => {
    const { disk, outbox, putAll } = open('p')
    const items = entries(3)
    await putAll(items)
    outbox.remove(items[0]!)
    outbox.remove(items[2]!)
    await settled(outbox)
    expect(await disk.rows()).toContainEqual(['r0', 'r1', 'r2'])
    outbox.remove(items[1]!)
    await settled(outbox)
    expect((await disk.rows()).flat()).not.toContain('r1')
  })

  it('may come before the commit', async () => {
    const { disk, outbox } = open('p')
    const release = disk.hold()
    const item = entry('r0')
    const putting = outbox.put(item)
    await turn()
    outbox.remove(item)
    release()
    await putting
    await settled(outbox)
    expect(await disk.rows()).toEqual([['last']])
  })

  it('count once for an item', async () => {
    const { disk, outbox, putAll } = open('p')
    const items = entries(2)
    await putAll(items)
    outbox.remove(items[0]!)
    outbox.remove(items[0]!)
    await settled(outbox)
    expect(await disk.rows()).toContainEqual(['r0', 'r1'])
  })
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
