import { openEnvelope } from './envelope.js'

const limits = { records: 2, customers: 1 }
const open = (text: string) => openEnvelope(text, limits)
const refusal = (text: string) => {
  try {
    return open(text)
  } catch (error) {
    return (error as { code?: string }).code
  }
}

test('gives what is in it', () => {
  expect(open('{"v":1,"batch":"b","sentAt":5,"token":"t","records":[1],"customers":[2],"more":3}')).toEqual({ sentAt: 5, token: 't', records: [1], customers: [2] })
  expect(open('{"v":1}')).toEqual({ sentAt: null, token: null, records: [], customers: [] })
})

test.each([
  ['', 'bad_json'],
  ['{"v":1', 'bad_json'],
  ['{"v":1}{"v":1}', 'bad_json'],
  ['{"v":NaN}', 'bad_json'],
  ['null', 'bad_envelope'],
  ['[]', 'bad_envelope'],
  ['"v"', 'bad_envelope'],
  ['{}', 'unsupported_version'],
  ['{"v":2}', 'unsupported_version'],
  ['{"v":"1"}', 'unsupported_version'],
  ['{"__proto__":{"v":1}}', 'unsupported_version'],
  ['{"v":1,"sentAt":"now"}', 'bad_envelope'],
  ['{"v":1,"sentAt":1e400}', 'bad_envelope'],
  ['{"v":1,"sentAt":1.5}', 'bad_envelope'],
  ['{"v":1,"token":{}}', 'bad_envelope'],
  ['{"v":1,"records":{}}', 'bad_envelope'],
  ['{"v":1,"records":{"length":1}}', 'bad_envelope'],
  ['{"v":1,"customers":"c"}', 'bad_envelope'],
  ['{"v":1,"records":[1,2,3]}', 'too_many'],
  ['{"v":1,"customers":[1,2]}', 'too_many'],
])('%s: %s', (text, code) => {
  expect(refusal(text)).toBe(code)
})

test('of a name that comes twice the last one counts, once and for all', () => {
  expect(open('{"v":2,"v":1,"records":[1,2,3],"records":[4]}').records).toEqual([4])
})

test('nesting as deep as a body can be is only unknown', () => {
  const depth = 32_000
  expect(open(`{"v":1,"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`).records).toEqual([])
})
