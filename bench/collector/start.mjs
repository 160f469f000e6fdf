import { fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Starts a server of `target.mjs`. */
export async function startTarget(kind) {
  const child = fork(here('target.mjs'), [kind])
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const { port } = await next()
  return {
    url: `http://127.0.0.1:${port}/`,
    async usage() {
      child.send('usage')
      return next()
    },
    stop: () => child.disconnect(),
  }
}

/** Starts the published collector; its own metrics tell what it uses. */
export async function startBin(env) {
  const child = spawn(process.execPath, [here('../../dist/server/bin.js'), '--trust-client'], {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      AMBERFLO_API_KEY: 'bench',
      COLLECTOR_LOG_LEVEL: 'error',
      COLLECTOR_RATE_PER_IP: 'off',
      COLLECTOR_RATE_PER_CUSTOMER: 'off',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const found = /listening on (http:\S+)/.exec(chunk.toString())
      if (found) resolve(`${found[1]}/`)
    })
    child.once('exit', (code) => reject(new Error(`the collector ended with ${code}`)))
  })
  return {
    url,
    async usage() {
      const text = await (await fetch(`${url}metrics`)).text()
      const read = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])
      return { cpuSeconds: read('process_cpu_seconds_total'), rssBytes: read('process_resident_memory_bytes') }
    },
    async stop() {
      child.removeAllListeners('exit')
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      // What is still in the spool at the end of a bench is of no interest.
      const late = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(late)
    },
  }
}
