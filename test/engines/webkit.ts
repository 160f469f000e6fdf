import { spawn } from 'node:child_process'
import type { Browser, LaunchOptions, Page } from './door.js'
import { requireExecutable } from './find.js'
import { freePort } from './free-port.js'
import { endWithUs, killerOf, killTree } from './processes.js'
import { callExpression, outcome, spin } from './script.js'
import { answering, webDriver, type Command } from './webdriver.js'
import { miniBrowserArgs, miniBrowserPath, webkitEnvironment } from './minibrowser.js'
import { startDisplay } from './xvfb.js'

/**
 * WebKitGTK through WebKitWebDriver. Its sessions keep no storage and end as soon as one page crashes:
 * `webkit-profile.ts` has a browser that does neither.
 */
export async function launchWebkit(options: LaunchOptions): Promise<Browser> {
  const driverPath = requireExecutable(['WebKitWebDriver'], 'No WebKitWebDriver was found. Install it (Debian: apt-get install webkit2gtk-driver xvfb).')
  const binary = miniBrowserPath()
  const display = await startDisplay()
  const port = await freePort()
  const driver = spawn(driverPath, [`--port=${port}`], { env: webkitEnvironment(display.name), stdio: 'ignore' })
  const root = driver.pid!
  const stand = endWithUs(root)

  async function kill(): Promise<void> {
    await killTree(root)
    stand()
    await display.stop()
  }

  try {
    await answering(`http://127.0.0.1:${port}/status`)
    const driverCommand = webDriver(`http://127.0.0.1:${port}`)
    const session = await driverCommand<{ sessionId: string; capabilities: { browserVersion: string } }>('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation', ...miniBrowserArgs(options)] } } },
    })
    const command: Command = (method, path, body) => driverCommand(method, `/session/${session.sessionId}${path}`, body)
    await command('POST', '/timeouts', { script: 120_000, pageLoad: 60_000 })
    const inTurn = oneAtATime()
    const [home] = await command<string[]>('GET', '/window/handles')

    return {
      engine: 'webkit',
      version: session.capabilities.browserVersion,
      async newPage() {
        const { handle } = await inTurn(async () => {
          // The current window may be closed by now; the first one never is.
          await command('POST', '/window', { handle: home })
          return command<{ handle: string }>('POST', '/window/new', { type: 'window' })
        })
        // A session has one current window: choosing it and the command that follows may not be parted.
        return pageOf(root, (method, path, body) =>
          inTurn(async () => {
            await command('POST', '/window', { handle })
            return command(method, path, body)
          }))
      },
      kill,
      async close() {
        await command('DELETE', '')
        await kill()
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

function pageOf(root: number, command: Command): Page {
  const evaluate: Page['evaluate'] = async (work, ...args) =>
    outcome(await command('POST', '/execute/async', { script: `${callExpression(work, args)}.then(arguments[0])`, args: [] }))
  return {
    evaluate,
    goto: (url) => command('POST', '/url', { url }),
    back: () => command('POST', '/back'),
    async close() {
      await command('DELETE', '/window')
    },
    crasher: () => killerOf(root, () => evaluate(spin, 500)),
  }
}

function oneAtATime(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
