import { toRecord, type DimensionFilter } from './index.js'
import { MAX_DEPTH, MAX_VALUES } from './flatten.js'

const map = (dimensions: unknown, filter: DimensionFilter = {}) => {
  const notes: string[] = []
  const record = toRecord({ messageId: 'u', timestamp: 1, properties: dimensions }, 'c', 'm', filter, 0, (note) => notes.push(note))
  if (typeof record === 'string') throw new Error(record)
  return { dimensions: record.dimensions, notes }
}

const nested = (levels: number): object => {
  let value: object = { end: 1 }
  for (let level = 0; level < levels; level++) value = { n: value }
  return value
}

describe('values', () => {
  const object = { a: 1 }
  it.each<[string, unknown, Record<string, string> | undefined]>([
    ['number', 2.5, { k: '2.5' }],
    ['zero', 0, { k: '0' }],
    ['large number', 1e21, { k: '1e+21' }],
    ['bigint, which JSON has not', 5n, undefined],
    ['not a number', NaN, { k: 'NaN' }],
    ['boolean', false, { k: 'false' }],
    ['text', ' Ünï ', { k: ' Ünï ' }],
    ['separators', 'a/b|c//', { k: 'a_b_c__' }],
    ['Date', new Date(0), { k: '1970-01-01T00:00:00.000Z' }],
    ['array', ['a', 1, true, new Date(0)], { k: 'a,1,true,1970-01-01T00:00:00.000Z' }],
    ['array with separators', ['a/b', 'c|d'], { k: 'a_b,c_d' }],
    ['array with nothing in between', ['a', null, '', undefined, 'b'], { k: 'a,b' }],
    ['empty array', [], undefined],
    ['typed array', new Uint8Array([1, 2]), { 'k.0': '1', 'k.1': '2' }],
    ['array with holes', Object.assign(new Array(2 ** 32 - 1), { 3: 'a', 7: 'b' }), { k: 'a,b' }],
    ['array with a function', [() => 1, 'a'], { k: 'a' }],
    ['array of objects', [{ id: 1 }, { id: 2 }], { 'k.0.id': '1', 'k.1.id': '2' }],
    ['array of arrays', [['a', 'b'], 'c'], { 'k.0': 'a,b', 'k.1': 'c' }],
    ['object', { a: 1, b: { c: 'd' } }, { 'k.a': '1', 'k.b.c': 'd' }],
    ['empty name', { '': 1 }, { 'k.': '1' }],
    ['object without prototype', Object.assign(Object.create(null), { a: 1 }), { 'k.a': '1' }],
    ['object that comes twice', [object, object], { 'k.0.a': '1', 'k.1.a': '1' }],
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['empty text', '', undefined],
    ['blank text', ' \t\n\u00a0', undefined],
    ['function', () => 1, undefined],
    ['symbol', Symbol('s'), undefined],
    ['empty object', {}, undefined],
    ['200 code points', '\u{1f600}'.repeat(200), { k: '\u{1f600}'.repeat(200) }],
    ['201 code points', '\u{1f600}'.repeat(201), { k: '\u{1f600}'.repeat(200) }],
    ['a pair at the cut', 'x'.repeat(199) + '\u{1f600}y', { k: 'x'.repeat(199) + '\u{1f600}' }],
    ['a long array', Array(300).fill('x'), { k: 'x,'.repeat(100) }],
    ['blank after the cut', ' '.repeat(200) + 'x', undefined],
  ])('%s', (_, value, dimensions) => {
    expect(map({ k: value })).toEqual({ dimensions, notes: [] })
  })
})

describe('names', () => {
  it('are verbatim', () => {
    const names = ['a/b|c', ' A ', 'x.y', '', 'my__proto__', 'constructor', 'toString', 'é'.repeat(300)]
    const dimensions = Object.fromEntries(names.map((name) => [name, '1']))
    expect(map(dimensions)).toEqual({ dimensions, notes: [] })
  })

  it('of Amberflo’s control dimensions are never sent, not even if allowed', () => {
    const properties = { 'aflo.x': 1, aflo: { cancel: true, deep: { er: 1 } }, 'aflo.': 1, aflow: 1, 'x.aflo.y': 1 }
    expect(map(properties, { allow: ['aflo', 'aflo.x', 'aflow', 'x'] })).toEqual({
      dimensions: { aflow: '1', 'x.aflo.y': '1' },
      notes: [],
    })
    expect(map({ aflo: 'x' }).dimensions).toEqual({ aflo: 'x' })
    expect(map({ aflo: [{}, 'x'] }).dimensions).toBeUndefined()
  })

  it('that two values share hold the first', () => {
    expect(map({ 'a.b': 1, a: { b: 2 } }).dimensions).toEqual({ 'a.b': '1' })
  })

  const properties = { user: { id: 1, age: 2 }, username: 3, plan: 4 }
  it.each<[string, DimensionFilter, Record<string, string> | undefined]>([
    ['allow', { allow: ['plan'] }, { plan: '4' }],
    ['allow nested', { allow: ['user.id'] }, { 'user.id': '1' }],
    ['allow covers what is nested', { allow: ['user'] }, { 'user.id': '1', 'user.age': '2' }],
    ['allow nothing', { allow: [] }, undefined],
    ['deny', { deny: ['user', 'plan'] }, { username: '3' }],
    ['deny over allow', { allow: ['user'], deny: ['user.age'] }, { 'user.id': '1' }],
  ])('%s', (_, filter, dimensions) => {
    expect(map(properties, filter)).toEqual({ dimensions, notes: [] })
  })
})

describe('what cannot be walked is left out alone, and noted', () => {
  const cycle: Record<string, unknown> = { id: 1 }
  cycle['self'] = cycle
  const ring: unknown[] = [1]
  ring.push(ring)
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const fails = () => {
    throw new Error('no')
  }

  it.each<[string, unknown, string[], Record<string, string>]>([
    ['cycle', cycle, ['k.self'], { 'k.id': '1' }],
    ['cycle through an array', ring, ['k.1'], { 'k.0': '1' }],
    ['getter', { a: 1, get b() { return fails() } }, ['k.b'], { 'k.a': '1' }],
    ['item of an array', { a: [{ get b() { return fails() } }, 'y'] }, ['k.a.0.b'], { 'k.a.1': 'y' }],
    ['item that is itself unreadable', { a: Object.defineProperty(['x'], 0, { enumerable: true, get: fails }), b: 1 }, ['k.a'], { 'k.b': '1' }],
    ['getter of toISOString', { get toISOString() { return fails() } }, ['k'], {}],
    ['toISOString that is no function', { toISOString: 1 }, ['k'], {}],
    ['revoked proxy', revoked.proxy, ['k'], {}],
    ['proxy that throws', new Proxy({}, { ownKeys: fails }), ['k'], {}],
    ['invalid Date', new Date(NaN), ['k'], {}],
    ['own __proto__', JSON.parse('{ "__proto__": { "polluted": 1 }, "a": 1 }'), ['k.__proto__'], { 'k.a': '1' }],
    ['scalar __proto__', JSON.parse('{ "__proto__": "x", "a": 1 }'), ['k.__proto__'], { 'k.a': '1' }],
    ['10,000 levels', nested(10_000), [`k${'.n'.repeat(MAX_DEPTH)}`], {}],
    ['huge array', new Array(MAX_VALUES + 1).fill({}), ['k'], {}],
    ['huge array before more', { huge: new Array(MAX_VALUES).fill({}), then: { a: 1 } }, ['k.huge'], { 'k.then.a': '1' }],
    ['huge typed array', new Uint8Array(1_000_000), ['k'], {}],
  ])('%s', (_, value, notes, dimensions) => {
    const mapped = map({ k: value, other: 'stays' })
    expect(mapped.notes).toEqual(notes.map((name) => `properties.${name}: unreadable, left out`))
    expect(mapped.dimensions).toEqual({ ...dimensions, other: 'stays' })
  })

  it('but 32 levels are walked', () => {
    expect(map(nested(MAX_DEPTH - 1)).notes).toEqual([])
    expect(map(nested(MAX_DEPTH)).notes).toHaveLength(1)
  })

  it('ends where values are endless', () => {
    let twice: object = { end: 1 }
    for (let level = 0; level < 30; level++) twice = { a: twice, b: twice }
    expect(map({ twice, other: 'stays' }).dimensions).toMatchObject({ other: 'stays' })
  })

  it('pollutes nothing', () => {
    map(JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }'))
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(map(JSON.parse('{ "__proto__": "x" }'))).toEqual({ dimensions: undefined, notes: ['properties.__proto__: unreadable, left out'] })
  })

  it('is the whole, where properties themselves are unreadable', () => {
    expect(map(revoked.proxy)).toEqual({ dimensions: undefined, notes: ['properties.: unreadable, left out'] })
  })
})
