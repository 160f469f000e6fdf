import { createMemory } from './memory.js'

const hour = 3_600_000

function memoryAt(max = 100) {
  let time = 0
  const memory = createMemory<string>({ max, ttlMs: hour, now: () => time })
  return { memory, at: (next: number) => (time = next) }
}

test('knows what was set for its time at least, and for less than twice that', () => {
  for (const setAt of [0, 1, hour / 2, hour - 1]) {
    const { memory, at } = memoryAt()
    at(setAt)
    memory.set('a', 'A')
    at(setAt + hour)
    memory.set('b', 'B')
    expect(memory.get('a')).toBe('A')
    at(setAt + 2 * hour)
    expect(memory.get('a')).toBeUndefined()
    expect(memory.get('b')).toBe('B')
  }
})

test('knows nothing after a long silence', () => {
  const { memory, at } = memoryAt()
  memory.set('a', 'A')
  at(2 * hour)
  expect([memory.get('a'), memory.size]).toEqual([undefined, 0])
})

test('never holds more than it may; the older half goes first', () => {
  const { memory } = memoryAt(10)
  for (let at = 0; at < 1000; at++) {
    memory.set(String(at), 'x')
    expect(memory.size).toBeLessThanOrEqual(10)
    expect(memory.get(String(Math.max(0, at - 4)))).toBe('x')
  }
})

test('never holds more weight than it may', () => {
  const memory = createMemory<string>({ max: 1000, ttlMs: hour, now: () => 0, weigh: (text) => text.length, maxWeight: 100 })
  for (let at = 0; at < 50; at++) memory.set('light', 'x'.repeat(10))
  expect(memory.size).toBe(1)
  for (let at = 0; at < 1000; at++) {
    memory.set(String(at), 'x'.repeat(10))
    expect(memory.size).toBeLessThanOrEqual(10)
    expect(memory.get(String(Math.max(0, at - 4)))).toBeDefined()
  }
})

test('what is set again is young again, and known once', () => {
  const { memory } = memoryAt(10)
  for (let at = 0; at < 50; at++) {
    memory.set('often', String(at))
    memory.set(`once ${at}`, 'x')
    expect(memory.get('often')).toBe(String(at))
  }
})
