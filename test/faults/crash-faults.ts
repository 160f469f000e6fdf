import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Scene } from './fault.js'

const killed = (afterMs: number, label: string): Fault => ({
  name: `browser killed after ${label}`,
  what: `Every process of the browser gets SIGKILL ${label} after the hooks have resolved; a new one opens the site with the same profile.`,
  own: () => ({}),
  async run({ openShop, track, killAndRestart, settled, short }) {
    for (let round = short ? 1 : 3; round > 0; round--) {
      await track(await openShop(), 20)
      await sleep(afterMs)
      await killAndRestart()
      await openShop()
      await settled()
      await killAndRestart()
    }
  },
})

const tabs = (count: number, label: string): Fault => ({
  name: `${label} tabs, one killed`,
  what: `${label[0]!.toUpperCase()}${label.slice(1)} tabs of the site track at once; the process of one is killed as soon as its hooks have resolved; the others go on.`,
  own: () => ({ tabs: count }),
  async run({ openShop, track }: Scene) {
    const pages = []
    for (let opened = 0; opened < count; opened++) pages.push(await openShop())
    const [doomed, ...others] = pages
    const crash = await doomed!.crasher()
    await Promise.all([
      track(doomed!, 20).then(crash),
      ...others.map((page) => track(page, 20)),
    ])
    for (const page of others) await track(page, 10)
  },
})

/** What happens when nothing can be done any more at the end. */
export const crashFaults: Fault[] = [
  tabs(2, 'two'),
  tabs(5, 'five'),
  killed(0, '0 ms'),
  killed(100, '100 ms'),
  killed(1_000, '1,000 ms'),
]
