import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Starts a project's server and waits until a page can be had from it. All that it has started ends with it.
 *
 * @param args of `npm run`
 */
export async function serveProject(folder: string, args: string[], port: number, env: NodeJS.ProcessEnv): Promise<{ url: string; close(): Promise<void> }> {
  const url = `http://127.0.0.1:${port}/`
  let output = ''
  const child = spawn('npm', ['run', ...args], { cwd: folder, env: { ...process.env, ...env, PORT: String(port) }, detached: true })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  async function close(): Promise<void> {
    try {
      process.kill(-child.pid!, 'SIGTERM')
    } catch {
      // It has ended by itself.
    }
    await exited
  }

  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close()
      throw new Error(`npm run ${args.join(' ')} serves no page at ${url}\n${output}`)
    }
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return { url, close }
  }
}
