import { meterName, type EventLike, type MeterNames } from './index.js'

const track = (event?: unknown): EventLike => ({ type: 'track', event })

const names: MeterNames = {}

it.each<[string, EventLike, MeterNames, string | false]>([
  ['a page', { type: 'page', name: 'Home' }, names, 'page'],
  ['a screen', { type: 'screen', name: 'Home' }, names, 'screen'],
  ['a track, verbatim', track(' API Calls '), {}, ' API Calls '],
  ['a renamed page', { type: 'page' }, { page: 'views' }, 'views'],
  ['a skipped screen', { type: 'screen' }, { screen: false }, false],
  ['a renamed track', track('A'), { track: { A: 'B' } }, 'B'],
  ['a skipped track', track('A'), { track: { A: false } }, false],
  ['another track', track('C'), { track: { A: 'B' } }, 'C'],
  ['one of `only`', track('A'), { only: ['A'] }, 'A'],
  ['none of `only`', track('B'), { only: ['A'] }, false],
  ['`only` by the new name', track('A'), { track: { A: 'B' }, only: ['B'] }, 'B'],
  ['`only` by the old name', track('A'), { track: { A: 'B' }, only: ['A'] }, false],
  ['a track without a name', track(), {}, ''],
  ['a track whose name is no text', track({}), {}, ''],
  ['a track whose name is blank', track(' '), names, ''],
  ['a track without a name, with `only`', track(), { only: ['A'] }, false],
  ['an identify', { type: 'identify' }, names, false],
  ['a group', { type: 'group' }, names, false],
  ['a type of another type', { type: ['page', 'x'] }, names, false],
])('%s', (_, event, names, expected) => {
  expect(meterName(event, names)).toBe(expected)
})
