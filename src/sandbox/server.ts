/** The executable: `PORT`, `HOST` and `AMBERFLO_API_KEY` from the environment. */
import { serveSandbox } from './serve.js'

const { PORT = '8788', HOST = '127.0.0.1', AMBERFLO_API_KEY = 'sandbox-key' } = process.env

serveSandbox({ port: Number(PORT), hostname: HOST, apiKey: AMBERFLO_API_KEY }).then(
  ({ url, close }) => {
    console.log(`listening on ${url}`)
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void close())
  },
  (error: Error) => {
    console.error(`cannot listen on ${HOST}:${PORT}: ${error.message}`)
    process.exitCode = 1
  },
)
