import { parseSpoolUrl } from './url.js'

it.each([
  ['sqlite:spool.db', { kind: 'sqlite', file: 'spool.db' }],
  ['sqlite:./data/spool.db', { kind: 'sqlite', file: './data/spool.db' }],
  ['sqlite:/var/lib/spool.db', { kind: 'sqlite', file: '/var/lib/spool.db' }],
  ['sqlite:///var/lib/spool.db', { kind: 'sqlite', file: '/var/lib/spool.db' }],
  ['redis://localhost:6379/2', { kind: 'redis', url: 'redis://localhost:6379/2' }],
  ['rediss://user:pass@cache.example.com', { kind: 'redis', url: 'rediss://user:pass@cache.example.com' }],
  ['sqlite:', null],
  // SQLite's own name for what is on no disk.
  ['sqlite::memory:', null],
  ['postgres://localhost', null],
  ['/var/lib/spool.db', null],
  ['', null],
])('%s', (url, place) => expect(parseSpoolUrl(url)).toEqual(place))
