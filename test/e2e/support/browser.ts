import { launch, type Browser, type Page } from '../../engines/index.js'
import { startSite, type Site, type SiteOptions } from './site.js'

/** Chromium for the tests of one file; every page and site that they open is closed after each test. */
export function useChromium(): { open(url: string): Promise<Page>; site(options: SiteOptions): Promise<Site> } {
  let browser: Browser
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    browser = await launch('chromium')
  }, 60_000)
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  return {
    async open(url) {
      const page = await browser.newPage()
      closing.push(() => page.close())
      await page.goto(url)
      return page
    },
    async site(options) {
      const site = await startSite(options)
      closing.push(() => site.close())
      return site
    },
  }
}
