/** The sandbox to import, and to run: `PORT`, `HOST` and `AMBERFLO_API_KEY` from the environment. */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serveSandbox } from './serve.js'

export * from './index.js'

const { PORT = '8788', HOST = '127.0.0.1', AMBERFLO_API_KEY = 'sandbox-key' } = process.env

async function run() {
  const { url, close } = await serveSandbox({ port: Number(PORT), hostname: HOST, apiKey: AMBERFLO_API_KEY })
  console.log(`listening on ${url}`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void close())
}

const script = process.argv[1]
if (script && realpathSync(script) === fileURLToPath(import.meta.url)) {
  run().catch((error: Error) => {
    console.error(`cannot listen on ${HOST}:${PORT}: ${error.message}`)
    process.exitCode = 1
  })
}
