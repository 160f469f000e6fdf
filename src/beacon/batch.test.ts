import { MAX_RECORD_BYTES } from '../wire/limits.js'
import { bodyBytes, bytesOf, envelope, type Batch } from './batch.js'
import { utf8Length } from './item.js'
import { entry } from './testing/courier.js'

const batchOf = (given: Partial<Batch> = {}): Batch => ({
  id: '8f14e45f',
  key: 'ann',
  proof: undefined,
  items: [],
  size: bytesOf(given.items ?? []),
  state: 'waiting',
  dueAt: 0,
  tries: 0,
  most: 100,
  via: 'beacon',
  ...given,
})

it('the bytes of items are those of their texts in UTF-8', () => {
  const ids = ['a', 'ü', '😀']
  expect(bytesOf(ids.map((id) => entry(id)))).toBe(ids.reduce((sum, id) => sum + Buffer.byteLength(JSON.stringify({ uniqueId: id })), 0))
})

describe('the envelope', () => {
  it('holds the texts of its items as they are', () => {
    const texts = ['{"uniqueId": "r0" ,"b":1,"a":2}', '{"uniqueId":"r1","dimensions":{"q":"\\"]}"}}']
    const batch = batchOf({ proof: 'eyJ"', items: [entry('c0', { kind: 'customers', json: '{"customerId":"ann"}' }), ...texts.map((json, index) => entry(`r${index}`, { json }))] })
    const body = envelope(batch, 1619445707000)
    expect(body).toBe(
      `{"v":1,"batch":"8f14e45f","sentAt":1619445707000,"token":"eyJ\\"","customers":[{"customerId":"ann"}],"records":[${texts.join(',')}]}`,
    )
    expect(Object.keys(JSON.parse(body))).toEqual(['v', 'batch', 'sentAt', 'token', 'customers', 'records'])
  })

  it('leaves out what is empty', () => {
    expect(envelope(batchOf({ items: [entry('r0', { json: '{}' })] }), 1)).toBe('{"v":1,"batch":"8f14e45f","sentAt":1,"records":[{}]}')
    expect(envelope(batchOf({ items: [entry('c0', { kind: 'customers', json: '{}' })] }), 1)).toBe('{"v":1,"batch":"8f14e45f","sentAt":1,"customers":[{}]}')
  })
})

it('the bound on a body holds', () => {
  for (const proof of [undefined, 'T', '€'.repeat(500), '"'.repeat(500)]) {
    const batch = batchOf({ proof, items: [entry('c0', { kind: 'customers' })] })
    for (let count = 0; count < 100; count++) {
      const bytes = Buffer.byteLength(envelope(batch, Date.now()))
      expect(bodyBytes(batch)).toBeGreaterThanOrEqual(bytes)
      expect(bodyBytes(batch) - bytes).toBeLessThan(1_100)
      batch.items.push(entry(`r${count}`, { json: '"€"' }))
      batch.size = bytesOf(batch.items)
    }
  }
})

it.each([
  ['nothing', ''],
  ['ASCII', 'plain "text" 100%\n'],
  ['two bytes', 'ü'],
  ['three bytes', '€'],
  ['four bytes', '😀'],
  ['runs between ASCII', 'a€ü😀%C3 b\x7f\x80\u07ff\u0800\uffff'],
  ['half a surrogate pair', '\ud800€'],
  ['what is too large', '€'.repeat(MAX_RECORD_BYTES)],
])('the length of JSON in UTF-8: %s', (_, text) => {
  const json = JSON.stringify(text)
  expect(utf8Length(json)).toBe(Buffer.byteLength(json))
})
