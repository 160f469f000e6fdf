import type { Page } from '../engines/index.js'
import { until } from '../e2e/support/until.js'
import type { Fault } from './fault.js'

/** One warning, however much is tracked. */
async function warnedOnce(page: Page): Promise<void> {
  const warnings = await until(
    () => page.evaluate(() => window.shop.warnings.filter((warning) => /Amberflo.*storage/.test(warning))),
    (seen) => seen.length > 0,
  )
  if (warnings.length !== 1) throw new Error(`warned ${warnings.length} times: ${warnings.join(' | ')}`)
}

/** Runs in the page: leaves no room in `localStorage`. */
function fillLocalStorage(): void {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    for (let index = 0; ; index++) {
      try {
        localStorage.setItem(`fill ${size} ${index}`, 'x'.repeat(size))
      } catch {
        break
      }
    }
  }
}

/** What happens where nothing can be kept. */
export const storageFaults: Fault[] = [
  {
    name: 'storage blocked',
    what: 'The browser’s own settings forbid IndexedDB and `localStorage`; the collector drops the first connection.',
    own: () => ({ storageBlocked: true }),
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'reset' }, { times: 1 })
      const page = await openShop()
      await track(page, 20)
      await track(page, 20)
      await warnedOnce(page)
    },
  },
  {
    name: 'storage full',
    what: 'The origin’s quota is used up and `localStorage` is full; the collector drops the first connection.',
    own: () => ({ storageQuota: 1 }),
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'reset' }, { times: 1 })
      const page = await openShop()
      await page.evaluate(fillLocalStorage)
      await track(page, 20)
      await track(page, 20)
      await warnedOnce(page)
    },
  },
]
