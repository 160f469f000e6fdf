import { IDBFactory, IDBTransaction } from 'fake-indexeddb'
import { openDatabase } from './database.js'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => {
  jest.useRealTimers()
})

const put = (key: string, value: unknown) => (store: IDBObjectStore) => void store.put(value, [key])
const all = (store: IDBObjectStore) => store.getAll() as IDBRequest<unknown[]>

describe('the database', () => {
  it('resolves with what was read, once committed', async () => {
    const transact = openDatabase('outbox')
    await transact((store) => {
      store.put(1, ['a'])
      store.put(2, ['b'])
    })
    expect(await transact(all)).toEqual([1, 2])
    expect(await openDatabase('outbox')(all)).toEqual([1, 2])
    expect(await openDatabase('other')(all)).toEqual([])
  })

  it('commits all of it or nothing', async () => {
    const transact = openDatabase('outbox')
    const failing = transact((store) => {
      store.put(1, ['a'])
      store.transaction.abort()
    })
    await expect(failing).rejects.toBeDefined()
    expect(await transact(all)).toEqual([])
  })

  it('rejects what cannot be kept, and goes on', async () => {
    const transact = openDatabase('outbox')
    await expect(transact(put('a', () => {}))).rejects.toThrow()
    await transact(put('b', 2))
    expect(await transact(all)).toEqual([2])
  })

  it('opens again after another page wanted it closed', async () => {
    const transact = openDatabase('outbox')
    await transact(put('a', 1))
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('outbox')
      request.onsuccess = () => resolve()
      request.onblocked = () => reject(new Error('it was not closed'))
    })
    await transact(put('b', 2))
    expect(await transact(all)).toEqual([2])
  })

  it('is opened at the first use only', async () => {
    const open = jest.spyOn(indexedDB, 'open')
    const transact = openDatabase('outbox')
    expect(open).not.toHaveBeenCalled()
    await Promise.all([transact(all), transact(all)])
    expect(open).toHaveBeenCalledTimes(1)
  })

  it('rejects where opening throws', async () => {
    indexedDB.open = () => {
      throw new DOMException('no', 'SecurityError')
    }
    await expect(openDatabase('outbox')(all)).rejects.toThrow('no')
  })

  it('rejects where opening fails', async () => {
    const request = {} as IDBOpenDBRequest
    indexedDB.open = () => request
    const reading = openDatabase('outbox')(all)
    Object.assign(request, { error: new DOMException('private', 'InvalidStateError') })
    request.onerror!(new Event('error'))
    await expect(reading).rejects.toThrow('private')
  })

  it('takes an answer that is there when a long task has made its patience end', async () => {
    jest.useFakeTimers()
    const request = { result: { transaction: () => ({ objectStore: () => ({}) }) } } as unknown as IDBOpenDBRequest
    indexedDB.open = () => request
    const transact = openDatabase('outbox')
    const opened = transact(() => {})
    let rejected = false
    opened.catch(() => (rejected = true))
    // However long the task: one timer is due before the answer.
    jest.advanceTimersToNextTimer()
    request.onsuccess!(new Event('success'))
    await jest.advanceTimersByTimeAsync(10_000)
    expect(rejected).toBe(false)
  })

  it('ends a transaction without waiting for a callback on its page', async () => {
    const commit = jest.spyOn(IDBTransaction.prototype, 'commit')
    await openDatabase('outbox')(put('a', 1))
    expect(commit).toHaveBeenCalledTimes(1)
  })

  it('rejects where opening never answers', async () => {
    jest.useFakeTimers()
    indexedDB.open = () => ({}) as IDBOpenDBRequest
    const transact = openDatabase('outbox')
    const readings = Promise.allSettled([transact(all), transact(all)])
    await jest.advanceTimersByTimeAsync(3_000)
    expect((await readings).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
