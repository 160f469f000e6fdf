/** `npm start`: installs and builds what is missing, then runs page, collector and Amberflo's sandbox, and prints one URL. */
import { fail, prepare } from './prepare.mjs'

const DEFAULT_PORT = 4321
const PARENT_LOOK_MS = 500

const parent = process.ppid
prepare({ forTests: false })
const port = Number(process.env.PORT || DEFAULT_PORT)
if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`PORT must be a number from 0 to 65535, not "${process.env.PORT}"`)

const { startPlayground } = await import('../playground/server/playground.mjs')
const host = process.env.HOST || '127.0.0.1'
const playground = await startPlayground({ port, host, env: process.env }).catch((error) =>
  fail(error.code === 'EADDRINUSE' ? `Port ${port} is taken. Try another: PORT=${port + 1} npm start` : error.message),
)

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  await playground.close()
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
// A signal to npm may end only the shell that it runs this in.
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && stop(), PARENT_LOOK_MS).unref()
playground.failed.then((lastLines) => {
  if (!stopping) fail(`The collector ended by itself.\n${lastLines}`)
})

console.log(
  playground.kind === 'sandbox'
    ? 'Usage goes to an Amberflo sandbox in this process. Set AMBERFLO_API_KEY to use the real one.'
    : `Usage goes to ${process.env.AMBERFLO_URL || 'the real Amberflo'}.`,
)
console.log(`\n  ${playground.url}\n\nCtrl-C ends everything.`)
