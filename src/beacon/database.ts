const STORE = 'rows'
const PATIENCE_MS = 3_000

/** Runs `work` in one transaction and resolves with its request's result once committed. Rejects if it was not. */
export type Transact = <T = void>(
  work: (store: IDBObjectStore) => IDBRequest<T> | void,
) => Promise<T>

/**
 * One object store without keys of its own. Opened at the first use, and again after the browser closed it;
 * an open that fails, or never answers, is final: storage is blocked on this page.
 */
export function openDatabase(name: string): Transact {
  let opening: Promise<IDBDatabase> | undefined

  const open = () =>
    (opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1)
      setTimeout(reject, PATIENCE_MS, 'no answer')
      request.onupgradeneeded = () => request.result.createObjectStore(STORE)
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        const database = request.result
        database.onclose = database.onversionchange = () => {
          database.close()
          opening = undefined
        }
        resolve(database)
      }
    }))

  return async (work) => {
    const database = await open()
    return new Promise((resolve, reject) => {
      // Survives the end of the browser, if not of the machine, and costs a fraction of `strict`.
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'relaxed' })
      const request = work(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve((request as IDBRequest)?.result)
      transaction.onabort = () => reject(transaction.error)
    })
  }
}
