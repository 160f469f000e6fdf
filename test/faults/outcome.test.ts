import { isBad, type Outcome } from './outcome.js'
import { tableOf } from './table.js'

const good: Outcome = { fault: 'answer lost', engine: 'chromium', where: 'same origin', tracked: 20, arrived: 20, doubled: 0, requests: 4 }

it.each<[string, Partial<Outcome>, boolean]>([
  ['all has arrived, once', {}, false],
  ['the engine cannot have it', { tracked: 0, arrived: 0, notApplicable: 'no back/forward cache' }, false],
  ['one is lost', { arrived: 19 }, true],
  ['one is metered twice', { doubled: 1 }, true],
  ['nothing was even tracked', { tracked: 0, arrived: 0 }, true],
  ['it came to no end', { problem: 'not accepted in the end: a' }, true],
])('%s', (_, change, bad) => {
  const outcome = { ...good, ...change }
  expect(isBad(outcome)).toBe(bad)
  expect(tableOf([good, outcome], [{ engine: 'chromium', version: '1' }]).includes('✗')).toBe(bad)
})
