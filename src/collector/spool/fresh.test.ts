import { createFresh } from './fresh.js'
import type { Leased } from './spool.js'

const item = (lease: string): Leased => ({ kind: 'record', customerId: 'acme', id: lease, json: '{}', lease, attempts: 0, appendedAt: 0 })

test('gives what was appended here, while nobody else has leased anything', () => {
  const fresh = createFresh()
  fresh.leased([item('1')], 0, 1, true)
  fresh.add(item('2'))
  expect(fresh.take(10, 2, 1)).toEqual([item('2')])
})

test('gives nothing that another process may have leased meanwhile', () => {
  const fresh = createFresh()
  fresh.leased([item('1')], 0, 1, true)
  fresh.add(item('2'))
  expect(fresh.take(10, 2, 2)).toBeNull()
  // The other one has leased 2 and appended 3, which is leased here.
  fresh.leased([item('3')], 2, 3, true)
  expect(fresh.take(10, 3, 3)).toBeNull()
})

test('does not give again what was leased from the file', () => {
  const fresh = createFresh()
  fresh.leased([item('1')], 0, 1, true)
  fresh.add(item('2'))
  fresh.add(item('3'))
  fresh.leased([item('2')], 1, 2, true)
  expect(fresh.take(10, 3, 2)).toEqual([item('3')])
})

test('gives nothing where the file was not read for a second, since a lease may have ended in it', () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(5_000)
  const fresh = createFresh()
  fresh.leased([item('1')], 0, 1, true)
  fresh.add(item('2'))
  clock.mockReturnValue(6_000)
  expect(fresh.take(10, 2, 1)).toBeNull()
  clock.mockReturnValue(5_999)
  expect(fresh.take(10, 2, 1)).toEqual([item('2')])
  clock.mockRestore()
})
