import { setTimeout as sleep } from 'node:timers/promises'
import { tokenSecret, tokensFor } from '../e2e/support/site.js'
import { until } from '../e2e/support/until.js'
import type { Fault } from './fault.js'

const large = { note: 'x'.repeat(190), more: 'y'.repeat(190), still: 'z'.repeat(190) }

/** What happens between the page and a collector that is there, there again, or there in part. */
export const collectorFaults: Fault[] = [
  {
    name: 'collector down',
    what: 'The collector refuses connections for 30 s (5 s in the short run) while events come in; on the same origin the whole site is down.',
    async run({ openShop, track, site, short }) {
      const page = await openShop()
      await track(page, 10)
      await site.unplug()
      await track(page, 10)
      await sleep(short ? 5_000 : 30_000)
      await track(page, 10)
      await site.plug()
    },
  },
  {
    name: 'answers 503',
    what: 'The first four requests are answered with 503.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'answer', status: 503 }, { times: 4 })
      const page = await openShop()
      await track(page, 20)
      await track(page, 20)
    },
  },
  {
    name: 'answers 429 with Retry-After',
    what: 'The first two requests are answered with 429 and `Retry-After: 2`; none may come sooner.',
    async run({ openShop, track, site, settled }) {
      site.troubles.make({ kind: 'answer', status: 429, headers: { 'retry-after': '2' } }, { times: 2 })
      const page = await openShop()
      await track(page, 20)
      await settled()
      // The first is a beacon, whose answer nobody can read; the second is the fetch that learns of it.
      const [, put, next] = site.arrivals
      if (!put || !next || next.at - put.at < 2_000) throw new Error(`sent again after ${next && put && next.at - put.at} ms`)
    },
  },
  {
    name: 'answers 401, then a good token',
    what: 'The first token is signed with a wrong secret; the collector answers 401 until the page has fetched another.',
    site: { collector: { tokenSecret, trustClient: false } },
    tokens: () => tokensFor('some_user_id', 1),
    async run({ openShop, track }) {
      const page = await openShop()
      await track(page, 20)
    },
  },
  {
    name: 'answers 413',
    what: 'Bodies over 6 KiB are answered with 413, so that a batch must be halved several times.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'answer', status: 413 }, { over: 6 * 1024 })
      const page = await openShop()
      await track(page, 40, large)
    },
  },
  {
    name: 'answer lost',
    what: 'The collector takes the batch and passes it on; the connection breaks before its answer, three times.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'answer lost' }, { times: 3 })
      const page = await openShop()
      await track(page, 20)
    },
  },
  {
    name: 'reset mid-body',
    what: 'The connection is reset while a body of about 40 KiB is on its way, three times.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'reset' }, { times: 3 })
      const page = await openShop()
      await track(page, 50, large)
    },
  },
  {
    name: 'answered by a service worker',
    what: 'The page has a service worker, which answers by itself with 200 while three connections are reset, as for a page that can be used offline.',
    async run({ openShop, track, site }) {
      const page = await openShop()
      await page.evaluate(async () => {
        const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
        await navigator.serviceWorker.register('/offline-worker.js')
        await controlled
      })
      site.troubles.make({ kind: 'reset' }, { times: 3 })
      await track(page, 20)
    },
  },
  {
    name: 'Amberflo down',
    what: 'The collector is well, Amberflo answers it with 503 five times and cuts one answer after it took the records.',
    async run({ openShop, track, site }) {
      await site.failUpstream([{ status: 503, count: 5 }, { cut: true, count: 1 }])
      const page = await openShop()
      await track(page, 20)
    },
  },
  {
    name: '600 events in one turn',
    what: '600 events are tracked in one turn; Chromium alone would lose beacons beyond 256.',
    async run({ openShop, track }) {
      await track(await openShop(), 600)
    },
  },
  {
    name: 'clock set back an hour',
    what: 'Events wait because the collector is down; the clock is set back an hour; more come; the answer to what is sent then is lost once.',
    async run({ openShop, track, site }) {
      const page = await openShop()
      await site.unplug()
      await track(page, 10)
      await page.evaluate(() => window.shop.shiftClock(-60 * 60 * 1000))
      await track(page, 10)
      site.troubles.make({ kind: 'answer lost' }, { times: 1 })
      await site.plug()
    },
  },
  {
    name: 'clock wrong by two days',
    what: 'The computer’s clock is two days behind all along; the answer to the first batch is lost, so that it is sent again at another time.',
    async run({ openShop, track, site }) {
      site.troubles.make({ kind: 'answer lost' }, { times: 2 })
      const page = await openShop({ clockMs: -2 * 24 * 60 * 60 * 1000 })
      await track(page, 20)
    },
  },
  {
    name: 'CSP forbids the collector',
    what: 'The page’s `connect-src` leaves the collector out: the plugin warns, keeps everything, and the next page without that policy sends it.',
    async run({ openShop, track, site }) {
      const page = await openShop({ csp: "connect-src 'none'" })
      await track(page, 20)
      await until(
        () => page.evaluate(() => window.shop.warnings),
        (warnings) => warnings.some((warning) => warning.includes('CSP?')),
      )
      await sleep(1_000)
      const accepted = await page.evaluate(() => window.shop.receipts.filter(({ outcome }) => outcome === 'accepted').length)
      if (accepted > 0 || site.arrivals.length > 0) throw new Error('something was sent, or said to be, in spite of the policy')
      await page.close()
      await openShop()
    },
  },
]
