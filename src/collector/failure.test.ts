import { describeFailure } from './failure.js'

const failure = (message: string, fields: object = {}) => Object.assign(new Error(message), fields)

test.each<[string, unknown, object]>([
  ['better-sqlite3', failure('database or disk is full', { name: 'SqliteError', code: 'SQLITE_FULL' }), { error: 'SqliteError', cause: 'SQLITE_FULL' }],
  ['node:sqlite', failure('database or disk is full', { code: 'ERR_SQLITE_ERROR', errcode: 13 }), { error: 'Error', cause: 'ERR_SQLITE_ERROR 13' }],
  ['Redis', failure('READONLY You can’t write against a read only replica.', { code: 'READONLY' }), { error: 'Error', cause: 'READONLY' }],
  ['the network', failure('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }), { error: 'Error', cause: 'ECONNREFUSED' }],
  ['`fetch`', failure('fetch failed', { name: 'TypeError', cause: failure('getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }) }), { error: 'TypeError', cause: 'ENOTFOUND' }],
  ['an answer that does not come', new DOMException('canary', 'TimeoutError'), { error: 'TimeoutError' }],
  ['a kind that does not name itself', new (class SocketClosedUnexpectedlyError extends Error {})('canary'), { error: 'SocketClosedUnexpectedlyError' }],
  ['a spool without codes', failure('CANARY was to be written'), { error: 'Error' }],
  ['a code that is a sentence', failure('x', { code: 'canary of a customer' }), { error: 'Error' }],
  ['what is no error', 'canary', { error: 'string' }],
  ['nothing', undefined, { error: 'undefined' }],
])('%s', (_, error, detail) => {
  expect(describeFailure(error)).toEqual(detail)
})
