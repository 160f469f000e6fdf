import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../e2e/support/until.js'
import type { Page } from '../engines/index.js'
import { NotApplicable, type Fault, type ShopSettings } from './fault.js'

declare global {
  interface Window {
    popup?: Window
    /** Outlives the window that it belongs to. */
    popupShop?: Window['shop']
  }
}

/** Resolves when the page has come to `path`. While it travels, scripts may find no page to run in. */
async function arrivedAt(page: Page, path: string): Promise<void> {
  await until(() => page.evaluate(() => location.pathname).catch(() => ''), (now) => now === path)
}

/** Runs in the page: leaves a moment for the answer to this script, then tracks and goes in one task. A note tells the site what the plugin was given. */
function trackAndGo(ids: string[], url: string): void {
  const note = () => navigator.sendBeacon('/note', JSON.stringify(window.shop.handedOver))
  addEventListener('pagehide', note)
  // For the back/forward cache Chromium lets tasks of the page run on after that.
  document.addEventListener('freeze', note)
  setTimeout(() => {
    void window.shop.track(ids)
    location.href = url
  }, 50)
}

/** Runs in the page: opens another page of the site in a window of its own, and starts the plugin there. */
async function openPopup(url: string, settings: ShopSettings): Promise<void> {
  const popup = window.open(url)
  if (!popup) throw new Error('the browser opened no window')
  window.popup = popup
  while (!popup.shop) await new Promise((resolve) => setTimeout(resolve, 20))
  await popup.shop.start(settings)
  window.popupShop = popup.shop
}

/** What happens as a page ends, and is continued by the next one. */
export const leavingFaults: Fault[] = [
  {
    name: 'navigation in the same task',
    what: 'Events are tracked, and the next statement sets `location.href`, to a page whose server takes 200 ms; later another page of the site is opened.',
    async run({ openShop, ids, site }) {
      const page = await openShop()
      await page.evaluate(trackAndGo, ids(50), site.page('/elsewhere'))
      await arrivedAt(page, '/elsewhere')
      await openShop()
    },
  },
  {
    name: 'navigation answered at once',
    what: 'Five pages do the same, to a page that is there at once. Only events that Analytics.js had handed to the plugin before the page ended count.',
    async run({ openShop, ids, neverHandedOver, site }) {
      const tracked: string[] = []
      for (let pages = 0; pages < 5; pages++) {
        const page = await openShop()
        const fresh = ids(50)
        tracked.push(...fresh)
        await page.evaluate(trackAndGo, fresh, site.page('/next-door'))
        await arrivedAt(page, '/next-door')
      }
      await openShop()
      await until(() => site.notes.length, (notes) => notes >= 5)
      // The notes of pages that were frozen come after those of the same pages when they were hidden.
      await sleep(1_000)
      const handedOver = new Set(site.notes.flatMap((note) => JSON.parse(note) as string[]))
      neverHandedOver(tracked.filter((id) => !handedOver.has(id)))
    },
  },
  {
    name: 'tab closed',
    what: 'The tab is closed at once after the hooks have resolved; later another page of the site is opened.',
    async run({ openShop, track }) {
      const page = await openShop()
      await track(page, 50)
      await page.close()
      await openShop()
    },
  },
  {
    name: 'window.close() in the same task',
    what: 'Five windows track, each followed in the next statement by `close()`; later another page of the site is opened. Only events that Analytics.js had handed to the plugin by then count.',
    async run({ openShop, ids, neverHandedOver, site, settings }) {
      const opener = await openShop()
      for (let windows = 0; windows < 5; windows++) {
        await opener.evaluate(openPopup, site.page(), settings)
        const tracked = ids(10)
        await opener.evaluate((ids: string[]) => window.popupShop!.trackAndClose(ids), tracked)
        await until(() => opener.evaluate(() => window.popup!.closed), (closed) => closed)
        const handedOver = await opener.evaluate(() => window.popupShop!.handedOver)
        neverHandedOver(tracked.filter((id) => !handedOver.includes(id)))
      }
      await openShop()
    },
  },
  {
    name: 'left before the answer',
    what: 'The answer takes 3 s; the page is left meanwhile, and the next one finds the batch still waiting.',
    async run({ openShop, track, site, settled }) {
      site.troubles.make({ kind: 'slow', ms: 3_000 }, { times: 1 })
      const page = await openShop()
      await track(page, 20)
      await until(() => site.arrivals.length, (arrivals) => arrivals > 0)
      await page.close()
      await openShop()
      await settled()
    },
  },
  {
    name: 'five pages in a row, nothing gets through',
    what: 'Each of five pages tracks and is closed while every connection is reset; the sixth sends what they have left.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'reset' })
      for (let pages = 0; pages < 5; pages++) {
        const page = await openShop()
        await track(page, 10)
        await page.close()
      }
      site.troubles.end()
      await openShop()
    },
  },
  {
    name: 'navigation that comes to nothing',
    what: 'Nothing gets through, and a page holds what an earlier one has left; three links are answered with 204, so that `beforeunload` comes and the page stays, and is told each time that it is online. What has waited must then be sent once.',
    async run({ openShop, track, site, settled }) {
      site.troubles.make({ kind: 'reset' })
      const first = await openShop()
      await track(first, 20)
      await first.close()
      const page = await openShop()
      await track(page, 20)
      for (let links = 0; links < 3; links++) {
        await page.evaluate((url: string) => void (location.href = url), site.page('/nothing'))
        // Until the page finds that it is still there; then it looks for what others have left.
        await sleep(3_000)
        await page.evaluate(() => void dispatchEvent(new Event('online')))
      }
      site.troubles.end()
      const before = site.arrivals.length
      await settled()
      await sleep(1_000)
      const sent = site.arrivals.slice(before).flatMap(({ ids }) => ids)
      if (new Set(sent).size < sent.length) throw new Error(`sent twice: ${sent.length} records for ${new Set(sent).size}`)
    },
  },
  {
    name: 'download beside another tab',
    what: 'A link is answered with 204, so that `beforeunload` comes and the page stays; before it finds that out, another tab opens and takes over what it has, and more is tracked. Both tabs stay.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'reset' })
      const page = await openShop()
      await track(page, 10)
      await page.evaluate((url: string) => void (location.href = url), site.page('/nothing'))
      await openShop()
      await track(page, 10)
      // By then it has begun anew.
      await sleep(3_000)
      await track(page, 10)
      site.troubles.end()
    },
  },
  {
    name: 'offline, closed, online',
    what: 'The network is gone while events come in; the page is closed; the network is back and another page of the site is opened.',
    async run({ openShop, track, site }) {
      const page = await openShop()
      await site.unplug()
      await track(page, 20)
      await page.close()
      await site.plug()
      await openShop()
    },
  },
  {
    name: 'back/forward cache',
    what: 'A page is left with events that cannot be sent, and comes back from the back/forward cache, where it goes on tracking.',
    async run({ openShop, track, site, engine }) {
      const page = await openShop()
      await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })))
      site.troubles.make({ kind: 'reset' })
      await track(page, 10)
      await page.goto(site.page('/elsewhere'))
      site.troubles.end()
      await page.back()
      await arrivedAt(page, '/')
      const persisted = await until(() => page.evaluate(() => (window as { persisted?: boolean }).persisted ?? 'no event'), (seen) => seen === true, 5_000)
        .catch(() => false)
      if (!persisted) throw new NotApplicable(`${engine} did not keep the page in its back/forward cache`)
      await track(page, 10)
    },
  },
]
