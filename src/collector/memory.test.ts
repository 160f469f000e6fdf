import { createMemory } from './memory.js'

test('forgets what is too old', () => {
  let time = 0
  const memory = createMemory<number>({ max: 10, ttlMs: 100, now: () => time })
  memory.set('a', 1)
  time = 60
  memory.set('b', 2)
  expect([memory.get('a'), memory.get('b')]).toEqual([1, 2])
  time = 100
  expect([memory.get('a'), memory.get('b')]).toEqual([undefined, 2])
  time = 160
  memory.set('c', 3)
  expect(memory.size).toBe(1)
})

test('forgets the oldest when it is full; what is set again is young', () => {
  const memory = createMemory<number>({ max: 2, ttlMs: 100, now: () => 0 })
  memory.set('a', 1)
  memory.set('b', 2)
  memory.set('a', 3)
  memory.set('c', 4)
  expect([memory.get('a'), memory.get('b'), memory.get('c'), memory.size]).toEqual([3, undefined, 4, 2])
  memory.delete('a')
  expect(memory.get('a')).toBeUndefined()
})
