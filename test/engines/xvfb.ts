import { spawn } from 'node:child_process'
import { requireExecutable } from './find.js'
import { endWithUs, killTree } from './processes.js'

/** A display of our own, at the first free number. */
export async function startDisplay(): Promise<{ name: string; stop(): Promise<void> }> {
  const path = requireExecutable(['Xvfb'], 'No Xvfb was found. Install it (Debian: apt-get install xvfb).')
  const server = spawn(path, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const root = server.pid!
  const stand = endWithUs(root)
  const number = await new Promise<string>((resolve, reject) => {
    server.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()))
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
  })
  return {
    name: `:${number}`,
    async stop() {
      await killTree(root)
      stand()
    },
  }
}
