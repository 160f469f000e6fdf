import { createLock } from './lock.js'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('runs the work of one key in order, one at a time, and of others meanwhile', async () => {
  const lock = createLock()
  const log: string[] = []
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} begins`)
    await wait(ms)
    log.push(`${name} ends`)
    return name
  }
  expect(await Promise.all([lock('a', work('a1', 20)), lock('a', work('a2', 1)), lock('b', work('b1', 5))])).toEqual(['a1', 'a2', 'b1'])
  expect(log).toEqual(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends'])
})

test('a failure is its own caller’s alone', async () => {
  const lock = createLock()
  const failing = lock('a', () => Promise.reject(new Error('no')))
  const next = lock('a', async () => 'next')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('next')
})

test('whoever comes when the first has ended still waits for the second', async () => {
  const lock = createLock()
  const log: string[] = []
  const work = (name: string) => async () => {
    log.push(`${name} begins`)
    await wait(5)
    log.push(`${name} ends`)
  }
  const first = lock('a', work('a1'))
  const second = lock('a', work('a2'))
  await first
  await Promise.all([second, lock('a', work('a3'))])
  expect(log).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends', 'a3 begins', 'a3 ends'])
})
