import type { EngineName, LaunchOptions, Page } from '../engines/index.js'
import type { Site, SiteOptions, Where } from '../e2e/support/site.js'

/** One thing that goes wrong between `analytics.track()` and the bill. */
export interface Fault {
  name: string
  /** What is done, for people. */
  what: string
  site?: Pick<SiteOptions, 'collector'>
  /** Where batches carry tokens: makes what `/token` answers. */
  tokens?: () => () => Promise<string>
  /** A browser that the fault does not share: it is killed, crashed, or has settings of its own. */
  own?: (engine: EngineName) => LaunchOptions
  /** Tracks, does harm, and brings back the conditions in which everything must arrive. */
  run(scene: Scene): Promise<void>
}

/** What `shop.start` gets in a page. */
export type ShopSettings = Parameters<typeof window.shop.start>[0]

/** Where a fault happens: a site, a browser, and the account of what was tracked. */
export interface Scene {
  engine: EngineName
  where: Where
  site: Site
  settings: ShopSettings
  /** Outages are shorter, and rounds fewer. */
  short: boolean
  /** Kills the browser, waits, and starts another one on the same profile. */
  killAndRestart(): Promise<void>
  /** A page with Analytics.js and the plugin, started. */
  openShop(options?: { csp?: string; clockMs?: number }): Promise<Page>
  /** New ids, counted as tracked. */
  ids(count: number): string[]
  /** Counts these no more: Analytics.js itself lost them before any plugin was told. */
  neverHandedOver(ids: readonly string[]): void
  /** Tracks in one turn; resolves when the hooks have, which is when nothing may be lost any more. */
  track(page: Page, count: number, properties?: Record<string, unknown>): Promise<void>
  /** Resolves when all that was tracked is at Amberflo. */
  settled(withinMs?: number): Promise<void>
}

/** The engine turned out not to do what the fault needs; the message says what was seen. */
export class NotApplicable extends Error {
  override name = 'NotApplicable'
}
