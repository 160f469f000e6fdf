import { canonical } from './canonical.js'

test.each([
  [{ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
  [[{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
  [{ 2: 'x', a: 'y', 1: 'z' }, { a: 'y', 1: 'z', 2: 'x' }],
  [{ a: 1.0 }, { a: 1 }],
])('is equal for %j and %j', (one, other) => {
  expect(canonical(one)).toBe(canonical(other))
})

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: [1, 2] }, { a: [2, 1] }],
  [{ a: null }, {}],
  [JSON.parse('{"__proto__": 1}'), {}],
  [{ a: { b: 1 } }, { a: [['b', 1]] }],
  [{ entries: [] }, {}],
])('differs for %j and %j', (one, other) => {
  expect(canonical(one)).not.toBe(canonical(other))
})
