import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, type Browser, type EngineName, type Page } from '../engines/index.js'
import { startSite, type Where } from '../e2e/support/site.js'
import { until } from '../e2e/support/until.js'
import { NotApplicable, type Fault, type Scene, type ShopSettings } from './fault.js'
import type { Outcome } from './outcome.js'

/** Long enough for the longest backoff after an outage of 30 s, and for another tab to look for leftovers. */
const PATIENCE_MS = { full: 100_000, short: 50_000, plain: 10_000 }
/** A beacon whose receipt does not come is sent again after 10 s; only then is its fate known. */
const LAST_WORDS_MS = 40_000

interface Stage {
  engine: EngineName
  where: Where
  short: boolean
  /** A plain beacon in place of the plugin, for comparison. */
  plain: boolean
  /** The engine's browser for all faults that share one. */
  shared(): Promise<Browser>
}

export async function play(fault: Fault, { engine, where, short, plain, shared }: Stage): Promise<Outcome> {
  const outcome: Outcome = { fault: fault.name, engine, where, tracked: 0, arrived: 0, doubled: 0, requests: 0 }
  const tracked = new Set<string>()
  let made = 0
  const site = await startSite({ ...fault.site, where, ...(fault.tokens && { tokens: fault.tokens() }) })
  const profileDir = fault.own && mkdtempSync(join(tmpdir(), 'amberflo-fault-'))
  const launchOwn = (): Promise<Browser> => launch(engine, { ...fault.own!(engine), profileDir: profileDir! })
  let browser = fault.own ? await launchOwn() : await shared()
  const opened: Page[] = []

  const arrivedIds = async (): Promise<string[]> => (await site.records()).map(({ uniqueId }) => uniqueId)
  const missing = async (): Promise<string[]> => {
    const there = new Set(await arrivedIds())
    return [...tracked].filter((id) => !there.has(id))
  }

  const scene: Scene = {
    engine,
    where,
    site,
    settings: { collectorUrl: site.collectorUrl, plain, ...(fault.tokens && { tokenUrl: '/token' }) },
    short,
    async killAndRestart() {
      await browser.kill()
      opened.length = 0
      browser = await launchOwn()
    },
    async openShop({ csp, clockMs } = {}) {
      const page = await browser.newPage()
      opened.push(page)
      await page.goto(site.page('/', csp))
      await page.evaluate((settings: ShopSettings, clockMs: number | null) => {
        if (clockMs) window.shop.shiftClock(clockMs)
        return window.shop.start(settings)
      }, scene.settings, clockMs ?? null)
      return page
    },
    ids(count) {
      const fresh = Array.from({ length: count }, (_, index) => `${fault.name} ${made + index}`)
      made += count
      for (const id of fresh) tracked.add(id)
      return fresh
    },
    neverHandedOver(ids) {
      for (const id of ids) tracked.delete(id)
    },
    async track(page, count, properties = {}) {
      await page.evaluate((ids: string[], given: Record<string, unknown>) => window.shop.track(ids, given), scene.ids(count), properties)
    },
    async settled(withinMs = PATIENCE_MS[plain ? 'plain' : short ? 'short' : 'full']) {
      const deadline = Date.now() + withinMs
      while (Date.now() < deadline && (await missing()).length > 0) await sleep(100)
    },
  }

  try {
    await fault.run(scene)
    await scene.settled()
    // Before the pages are hurried: they must come to it by themselves.
    const lost = await missing()
    const refused = (await Promise.all(opened.map(lastWords))).flat()
    if (lost.length > 0) outcome.problem = `lost ${lost.join(', ')}`
    else if (refused.length > 0) outcome.problem = `not accepted in the end: ${refused.join(', ')}`
  } catch (error) {
    if (error instanceof NotApplicable) outcome.notApplicable = error.message
    else outcome.problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    const all = await arrivedIds()
    outcome.tracked = tracked.size
    outcome.arrived = [...new Set(all)].filter((id) => tracked.has(id)).length
    outcome.doubled = all.length - new Set(all).size
    outcome.requests = site.arrivals.filter(({ method }) => method === 'POST').length
    if (outcome.problem && process.env.FAULTS_LOG) outcome.problem += `\n${site.arrivals.map((arrival) => JSON.stringify({ ...arrival, ids: arrival.ids.length })).join('\n')}`
    if (fault.own) await browser.kill()
    else await Promise.all(opened.map((page) => page.close().catch(() => undefined)))
    await site.close()
    if (profileDir) rmSync(profileDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  return outcome
}

/** Waits until the page knows the fate of everything, second copies included; gives what was not accepted. Pages that are gone have none. */
async function lastWords(page: Page): Promise<string[]> {
  const asked = page.evaluate(() => {
    if (!window.shop) return false
    void window.shop.flush().then(() => Object.assign(window, { flushed: true }))
    return true
  })
  // A page that has crashed may not even refuse.
  const there = await Promise.race([asked.catch(() => false), sleep(5_000).then(() => false)])
  if (!there) return []
  await until(() => page.evaluate(() => (window as { flushed?: boolean }).flushed), (flushed) => flushed === true, LAST_WORDS_MS)
  return page.evaluate(() => window.shop.receipts.filter(({ outcome }) => outcome !== 'accepted').flatMap(({ uniqueIds, outcome, reason }) => `${outcome} ${reason}: ${uniqueIds.join(', ')}`))
}
