const STORE = 'rows'
/** Twice this. */
const PATIENCE_MS = 1_500

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
      // In two steps: after a long task the first timer may come before an answer that is there already.
      setTimeout(setTimeout, PATIENCE_MS, reject, PATIENCE_MS, 'no answer')
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
      // Else it ends with a callback on this page, and all other pages wait for one whose thread is busy, with an `alert` for example.
      transaction.commit?.()
      transaction.oncomplete = () => resolve((request as IDBRequest)?.result)
      transaction.onabort = () => reject(transaction.error)
    })
  }
}
