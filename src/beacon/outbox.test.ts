import { IDBFactory } from 'fake-indexeddb'
import { entries, entry, turn } from './testing/courier.js'
import { ids, openOutbox as open, settled } from './testing/outbox.js'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  localStorage.clear()
})

describe('group commit', () => {
  it('keeps what came in one turn as one row, by one transaction', async () => {
    const { disk, handed, putAll } = open('p')
    await putAll(entries(3))
    expect(await disk.rows()).toEqual([['r0', 'r1', 'r2']])
    expect(disk.commits).toBe(1)
    expect(ids(handed.flat())).toEqual(['r0', 'r1', 'r2'])
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

  it('hands over at once what comes', async () => {
    const { outbox, handed } = open('p')
    const putting = outbox.put(entry('r0'))
    expect(handed.map(ids)).toEqual([['r0']])
    await putting
    expect(handed).toHaveLength(1)
  })
})

describe('final fates', () => {
  it('take each item out of its row, and delete the row with the last', async () => {
    const { disk, outbox, putAll } = open('p')
    const items = entries(3)
    await putAll(items)
    outbox.remove([items[0]!])
    outbox.remove([items[2]!])
    await settled(outbox)
    expect(await disk.rows()).toEqual([['r1'], ['last']])
    outbox.remove([items[1]!])
    await settled(outbox)
    expect(await disk.rows()).toEqual([['last'], ['last']])
  })

  it('of a row are not kept back by an older one that waits', async () => {
    const { disk, outbox } = open('p')
    const [first, second] = entries(2)
    await outbox.put(first!)
    await outbox.put(second!)
    outbox.remove([second!])
    await settled(outbox)
    expect(await disk.rows()).toEqual([['r0'], ['last']])
  })

  it('may come at once, before others of the same turn', async () => {
    const { disk, outbox } = open('p')
    const [first, second] = entries(2)
    const putting = outbox.put(first!)
    outbox.remove([first!])
    await Promise.all([putting, outbox.put(second!)])
    expect(await disk.rows()).toEqual([['r1']])
  })

  it('may come before the commit', async () => {
    const { disk, outbox } = open('p')
    const release = disk.hold()
    const item = entry('r0')
    const putting = outbox.put(item)
    await turn()
    outbox.remove([item])
    release()
    await putting
    await settled(outbox)
    expect(await disk.rows()).toEqual([['last']])
  })
})
