import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Browser, LaunchOptions, Page } from './door.js'
import { inspect, pageSockets, type Inspector } from './inspector.js'
import { miniBrowserArgs, miniBrowserPath, webkitEnvironment } from './minibrowser.js'
import { descendants, endWithUs, killerOf, killTree } from './processes.js'
import { callExpression, outcome, spin } from './script.js'
import { freePort } from './free-port.js'
import { startDisplay } from './xvfb.js'

/**
 * WebKitGTK with storage that outlives it. WebDriver always gets an ephemeral session, so this is a MiniBrowser as a
 * person starts it, driven through its remote inspector. All its tabs are there from the start, and the first is in front.
 */
export async function launchWebkitProfile(profileDir: string, options: LaunchOptions): Promise<Browser> {
  const tabs = options.tabs ?? 1
  const binary = miniBrowserPath()
  const display = await startDisplay()
  const port = await freePort()
  const args = ['--enable-developer-extras=true', ...miniBrowserArgs(options), ...Array<string>(tabs).fill('about:blank')]
  // A write beyond a process's limit then fails as one to a full disk does, and does not end the process.
  const browser = spawn('/bin/sh', ['-c', 'trap "" XFSZ; exec "$0" "$@"', binary, ...args], {
    env: {
      ...webkitEnvironment(display.name),
      WEBKIT_INSPECTOR_HTTP_SERVER: `127.0.0.1:${port}`,
      XDG_DATA_HOME: join(profileDir, 'data'),
      XDG_CACHE_HOME: join(profileDir, 'cache'),
      XDG_CONFIG_HOME: join(profileDir, 'config'),
    },
    stdio: 'ignore',
  })
  const root = browser.pid!
  const stand = endWithUs(root)

  async function kill(): Promise<void> {
    await killTree(root)
    stand()
    await display.stop()
  }

  try {
    const inspectors = await Promise.all((await pageSockets(port, tabs)).map(inspect))
    const fresh = [...inspectors]
    const closeInspectors = (): void => inspectors.forEach((inspector) => inspector.close())
    return {
      engine: 'webkit',
      version: await inspectors[0]!.evaluate('Promise.resolve(navigator.userAgent.match(/Version.([0-9.]+)/)[1])'),
      async newPage() {
        const inspector = fresh.shift()
        if (!inspector) throw new Error(`this WebKit was started with ${tabs} tabs`)
        return pageOf(root, inspector, options.storageQuota)
      },
      async kill() {
        closeInspectors()
        await kill()
      },
      async close() {
        closeInspectors()
        browser.kill('SIGTERM')
        await new Promise((resolve) => browser.once('exit', resolve))
        await kill()
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

/** WebKitGTK has no switch for an origin's quota; this lets the process that keeps what pages store write no file beyond so many bytes. */
function limitFiles(root: number, bytes: number): void {
  const keeper = descendants(root).find(({ command }) => command.includes('WebKitNetworkProcess'))
  execFileSync('prlimit', [`--pid=${keeper!.pid}`, `--fsize=${bytes}`])
}

function pageOf(root: number, inspector: Inspector, quota: number | undefined): Page {
  const evaluate: Page['evaluate'] = async (work, ...args) => outcome(await inspector.evaluate(callExpression(work, args)))
  return {
    evaluate,
    async goto(url) {
      await inspector.goto(url)
      // Not sooner: loading takes shared memory, which counts as files.
      if (quota !== undefined) limitFiles(root, quota)
    },
    back: () => inspector.back(),
    close: () => Promise.reject(new Error('a script cannot close this tab; the WebKit without a profile can')),
    crasher: () => killerOf(root, () => evaluate(spin, 500)),
  }
}
