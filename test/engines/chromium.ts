import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page as PlaywrightPage } from 'playwright-core'
import type { Browser, LaunchOptions, Page } from './door.js'
import { chromePath } from './find.js'
import { descendants, endWithUs, killTree } from './processes.js'
import { profileFolder } from './profile.js'
import { callExpression, outcome } from './script.js'

const flags = [
  '--no-sandbox', // root may not run it otherwise
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Chromium's own "block all cookies and site data", which makes IndexedDB and `localStorage` throw. */
function blockStorage(profile: string): void {
  const folder = join(profile, 'Default')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }))
}

export async function launchChromium(options: LaunchOptions): Promise<Browser> {
  const profile = profileFolder(options.profileDir)
  if (options.storageBlocked) blockStorage(profile.path)
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: chromePath(),
    headless: true,
    args: flags,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    handleSIGINT: false,
  })
  // Playwright does not tell the process id; the profile is in its command line.
  const root = descendants(process.pid).find(({ command }) => command.includes(`--user-data-dir=${profile.path}`))?.pid
  if (root === undefined) throw new Error('Chromium runs, but its process was not found')
  const stand = endWithUs(root)

  async function end(how: () => Promise<void>): Promise<void> {
    await how()
    stand()
    profile.remove()
  }

  return {
    engine: 'chromium',
    version: context.browser()?.version() ?? '',
    newPage: async () => pageOf(context, await context.newPage(), options.storageQuota),
    kill: () => end(() => killTree(root)),
    close: () => end(() => context.close()),
  }
}

function pageOf(context: BrowserContext, page: PlaywrightPage, quota: number | undefined): Page {
  return {
    async goto(url) {
      if (quota !== undefined) {
        const session = await context.newCDPSession(page)
        await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: quota })
      }
      await page.goto(url)
    },
    async back() {
      await page.goBack({ waitUntil: 'commit' })
    },
    evaluate: async (work, ...args) => outcome(await page.evaluate(callExpression(work, args))),
    async close() {
      if (page.isClosed()) return
      await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })])
    },
    async crasher() {
      const session = await context.newCDPSession(page)
      return async () => {
        const crashed = page.waitForEvent('crash')
        // Never answered: there is nobody left to do so.
        session.send('Page.crash').catch(() => undefined)
        await crashed
      }
    },
  }
}
