import { createPause } from './pause.js'

let time: number
let chance: number
const setUp = () => createPause(() => chance, () => time)

beforeEach(() => {
  time = 0
  chance = 0.999
})

it('doubles its limit with each failure in a row, up to a minute, and begins anew after a success', () => {
  const pause = setUp()
  const waits = Array.from({ length: 9 }, () => {
    const wait = Math.round(pause.begin())
    time += wait + 1
    return wait
  })
  expect(waits).toEqual([999, 1998, 3996, 7992, 15984, 31968, 59940, 59940, 59940])
  expect(pause.isTrial()).toBe(true)
  pause.end()
  expect(pause.isTrial()).toBe(false)
  expect(Math.round(pause.begin())).toBe(999)
})

it('is anything from nothing to its limit', () => {
  chance = 0
  expect(setUp().begin()).toBe(0)
})

it('never ends before the server wants', () => {
  const pause = setUp()
  expect(pause.begin(90_000)).toBe(90_000)
  time = 89_999
  expect(pause.isOn()).toBe(true)
  time = 90_000
  expect(pause.isOn()).toBe(false)
})

it('counts what fails together once, and keeps the longest wait', () => {
  const pause = setUp()
  pause.begin(5_000)
  expect(pause.begin(2_000)).toBe(5_000)
  expect(pause.begin()).toBe(5_000)
  time = 5_000
  expect(Math.round(pause.begin())).toBe(1_998)
})
