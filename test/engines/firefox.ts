import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import puppeteer, { type Page as PuppeteerPage } from 'puppeteer-core'
import type { Browser, LaunchOptions, Page } from './door.js'
import { requireExecutable } from './find.js'
import { endWithUs, killerOf, killTree } from './processes.js'
import { profileFolder } from './profile.js'
import { callExpression, outcome, spin } from './script.js'

/** Keeps Firefox from talking to Mozilla, and lets each tab of a site have a process of its own. */
const basePrefs = {
  'app.update.disabledForTesting': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'dom.ipc.processCount.webIsolated': 8,
  // Puppeteer switches the back/forward cache off.
  'fission.bfcacheInParent': true,
}

/** @see https://searchfox.org/mozilla-central/source/modules/libpref/init/StaticPrefList.yaml */
function prefsFor(options: LaunchOptions): Record<string, unknown> {
  return {
    ...basePrefs,
    ...(options.storageBlocked && { 'network.cookie.cookieBehavior': 2 }),
    // In KiB, for all origins together.
    ...(options.storageQuota !== undefined && { 'dom.quotaManager.temporaryStorage.fixedLimit': Math.ceil(options.storageQuota / 1024) }),
  }
}

export async function launchFirefox(options: LaunchOptions): Promise<Browser> {
  const profile = profileFolder(options.profileDir)
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: requireExecutable(['firefox-esr', 'firefox'], 'No Firefox was found. Install one (Debian: apt-get install firefox-esr).'),
    headless: true,
    userDataDir: profile.path,
    extraPrefsFirefox: prefsFor(options),
    handleSIGINT: false,
  })
  const root = browser.process()!.pid!
  const stand = endWithUs(root)

  async function end(how: () => Promise<void>): Promise<void> {
    await how()
    // Puppeteer puts the profile's own preferences back when the process has ended; the next launch must not come between.
    for (let left = 250; left > 0 && ['prefs.js', 'user.js'].some((file) => existsSync(join(profile.path, `${file}.puppeteer`))); left--) await sleep(20)
    stand()
    profile.remove()
  }

  return {
    engine: 'firefox',
    version: (await browser.version()).replace(/^\D+/, ''),
    newPage: async () => pageOf(root, await browser.newPage({ type: 'window' })),
    kill: () => end(() => killTree(root)),
    close: () => end(() => browser.close()),
  }
}

function pageOf(root: number, page: PuppeteerPage): Page {
  return {
    async goto(url) {
      await page.goto(url)
    },
    async back() {
      // Puppeteer's own waits for a load, which a page from the back/forward cache does not have.
      await page.evaluate(() => history.back())
    },
    evaluate: async (work, ...args) =>
      outcome((await page.evaluate(callExpression(work, args))) as { value?: Awaited<ReturnType<typeof work>>; error?: string }),
    close: () => page.close({ runBeforeUnload: true }),
    crasher: () => killerOf(root, () => page.evaluate(spin, 500)),
  }
}
