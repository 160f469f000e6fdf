import { spoolOpener } from './spools.js'
import { spoolOpener as onTheEdge } from './spools.edge.js'

test('where there are no files and sockets, a spool by URL is refused at once', () => {
  expect(() => onTheEdge('sqlite:usage.db')).toThrow(new TypeError('createCollector: `spool` by URL needs Node; leave it out here'))
})

test('elsewhere a spool is opened later, and told of then', async () => {
  const open = spoolOpener('sqlite:/nowhere/usage.db')
  await expect(open()).rejects.toThrow('/nowhere/usage.db')
})
