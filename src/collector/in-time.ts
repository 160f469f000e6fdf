/** Rejects, with the code `ETIMEDOUT`, when a promise has not settled after so many milliseconds; what it stands for goes on. */
export function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(Object.assign(new Error(`no answer in ${ms} ms`), { code: 'ETIMEDOUT' })), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
