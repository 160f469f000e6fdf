import { readFileSync } from 'node:fs'
import { alarms, refusals } from '../../src/collector/events.js'
import { readOptions } from '../../src/collector/options.js'
import { reasons } from '../../src/wire/reasons.js'

const page = readFileSync('docs/collector.md', 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| '))

test.each(Object.entries(refusals))('the answer %s is documented with its status %i', (code, status) => {
  expect(rows.some((row) => row.startsWith(`| ${status} |`) && row.includes(`\`${code}\``))).toBe(true)
})

test.each(Object.keys(alarms))('the alarm %s is documented', (alarm) => {
  expect(rows.some((row) => row.startsWith(`| \`${alarm}\` |`))).toBe(true)
})

test.each(reasons)('the reason %s is documented', (reason) => {
  const all = [...rows, ...readFileSync('docs/segment.md', 'utf8').split('\n')]
  expect(all.some((row) => /^\| [^|]*/.exec(row)?.[0].includes(`\`${reason}\``))).toBe(true)
})

test('every option and limit is documented', () => {
  const settings = readOptions({ apiKey: 'key', trustClient: true })
  const internal = ['fetch', 'now', 'addressOf']
  for (const name of [...Object.keys(settings), ...Object.keys(settings.limits)]) {
    if (!internal.includes(name)) expect([name, rows.some((row) => row.includes(`\`${name}\``))]).toEqual([name, true])
  }
})

test.each(['bodyBytes', 'readTimeoutMs', 'inHand'] as const)('the default of limits.%s is the documented one', (name) => {
  const { limits } = readOptions({ apiKey: 'key', trustClient: true })
  expect(rows.find((row) => row.startsWith(`| \`${name}\``))).toContain(String(limits[name]))
})
