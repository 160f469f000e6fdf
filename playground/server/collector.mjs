import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../dist/server/bin.js', import.meta.url))

/**
 * The real collector, as its own process: it alone is given the API key.
 * Resolves with its address once it listens; rejects with its last lines when it ends before that.
 *
 * @param {{ apiKey: string, amberfloUrl: string, tokenSecret: string, origins: string[] }} options
 * @returns {Promise<{ url: string, exited: Promise<string>, stop(): Promise<void> }>}
 */
export function startCollector({ apiKey, amberfloUrl, tokenSecret, origins }) {
  const child = spawn(process.execPath, [bin], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      AMBERFLO_API_KEY: apiKey,
      AMBERFLO_URL: amberfloUrl,
      COLLECTOR_TOKEN_SECRET: tokenSecret,
      COLLECTOR_ORIGINS: origins.join(','),
    },
  })
  const lines = []
  const exited = new Promise((resolve) => child.once('close', () => resolve(lines.slice(-20).join('')))) // its last words
  // Even when this process ends without ceremony.
  process.once('exit', () => child.kill())

  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }

  return new Promise((resolve, reject) => {
    const read = (chunk) => {
      lines.push(String(chunk))
      const [, url] = /listening on (http:\/\/[^\s"]+)/.exec(lines.join('')) ?? []
      if (url) resolve({ url, exited, stop })
      lines.splice(0, lines.length - 200)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    exited.then((words) => reject(new Error(`the collector ended before it listened\n${words}`)))
  })
}
