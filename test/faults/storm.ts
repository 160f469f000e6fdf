import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Trouble } from '../e2e/support/trouble.js'
import type { Page } from '../engines/index.js'
import type { Fault, Scene } from './fault.js'

/** How many tabs there may be at once, and how many a browser is started for: WebKit's cannot open more. */
const MAX_TABS = 3
const TABS_PER_BROWSER = 6
const STEPS = 12

/** Numbers in [0, 1) that a seed gives again and again. */
function randomOf(seed: number): () => number {
  const most = 2 ** 30
  const numbers = fc.sample(fc.noBias(fc.nat(most - 1)), { seed, numRuns: 1_000 })
  return () => numbers.pop()! / most
}

const troubles: Trouble[] = [
  { kind: 'answer', status: 500 },
  { kind: 'answer', status: 503 },
  { kind: 'answer', status: 429, headers: { 'retry-after': '1' } },
  { kind: 'answer', status: 403 },
  { kind: 'answer lost' },
  { kind: 'reset' },
  { kind: 'slow', ms: 2_000 },
]

/**
 * Faults at random, one upon the other: tabs that track, are closed or crash, a collector in all kinds of trouble, a
 * browser that is killed. A seed always gives the same story.
 */
export const storm = (seed: number, onStep: (step: string) => void): Fault => ({
  name: `storm ${seed}`,
  what: '',
  own: () => ({ tabs: TABS_PER_BROWSER }),
  async run(scene: Scene) {
    const { engine, openShop, track, killAndRestart, site } = scene
    const random = randomOf(seed)
    const upTo = (most: number): number => Math.floor(random() * most)
    const pick = <T>(all: readonly T[]): T => all[upTo(all.length)]!
    let tabs: Page[] = []
    let opened = 0

    const restart = async (): Promise<void> => {
      tabs = []
      opened = 0
      await killAndRestart()
    }
    const open = async (): Promise<void> => {
      if (opened === TABS_PER_BROWSER) await restart()
      opened++
      tabs.push(await openShop())
    }
    const drop = (page: Page): void => void (tabs = tabs.filter((other) => other !== page))
    /** The tab is closed; a WebKit with a profile cannot, so there it goes to a page without the plugin. */
    const leave = (page: Page): Promise<void> => {
      drop(page)
      return engine === 'webkit' ? page.goto(site.page('/next-door')) : page.close()
    }
    const properties = (): Record<string, unknown> => (random() < 0.3 ? { note: 'ü'.repeat(upTo(190)) } : {})

    const steps: Record<string, () => Promise<unknown>> = {
      'open': async () => tabs.length < MAX_TABS && open(),
      'track': () => track(pick(tabs), 1 + upTo(40), properties()),
      'track a crowd': () => track(pick(tabs), 100 + upTo(200)),
      'track in all': () => Promise.all(tabs.map((page) => track(page, 1 + upTo(20), properties()))),
      'leave': () => leave(pick(tabs)),
      async 'track and leave'() {
        const page = pick(tabs)
        await track(page, 1 + upTo(20))
        await leave(page)
      },
      async 'crash'() {
        const page = pick(tabs)
        const crash = await page.crasher()
        drop(page)
        await track(page, 1 + upTo(20))
        await crash()
      },
      async 'kill'() {
        await track(pick(tabs), 1 + upTo(20))
        await restart()
      },
      'trouble': async () => site.troubles.make(pick(troubles), { times: random() < 0.5 ? 1 + upTo(6) : Infinity }),
      'calm': async () => site.troubles.end(),
      'online': () => pick(tabs).evaluate(() => void dispatchEvent(new Event('online'))),
      'wait': () => sleep(upTo(3_000)),
    }

    for (let count = 0; count < STEPS; count++) {
      if (!tabs[0]) await open()
      const step = pick(Object.keys(steps))
      onStep(step)
      await steps[step]!()
    }
    site.troubles.end()
    if (!tabs[0]) await open()
    // What was refused is taken again.
    for (const page of tabs) await track(page, 1)
  },
})
