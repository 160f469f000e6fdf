import { serveSandbox } from '../../src/sandbox/index.js'
import type { Customer, MeterRecord } from '../../src/wire/payloads.js'
import { until } from '../e2e/support/until.js'
import { launch, type Browser } from '../engines/index.js'
import { freePort } from '../engines/free-port.js'
import { serveProject } from './support/served.js'
import { serveFolder } from './support/static-site.js'
import { openWorkshop, type Project, type Workshop } from './support/workshop.js'

jest.setTimeout(300_000)

const env = {
  AMBERFLO_API_KEY: 'canary-5b1e90d2c74fa836',
  AMBERFLO_URL: '',
  COLLECTOR_TOKEN_SECRET: 'a secret of the tests, long enough for HS256',
  NEXT_TELEMETRY_DISABLED: '1',
}

const collectorOptions = () => ({
  apiKey: env.AMBERFLO_API_KEY,
  amberfloUrl: env.AMBERFLO_URL,
  tokenSecret: env.COLLECTOR_TOKEN_SECRET,
})

interface Consumer {
  source: string
  /** Builds what there is to build and serves the page, which tells who is signed in and has one button. */
  serve(project: Project): Promise<{ url: string; close(): Promise<void> }>
}

const consumers: Record<string, Consumer> = {
  'Segment’s snippet and a script': {
    source: 'examples/snippet',
    serve: async ({ folder }) => serveProject(folder, ['start'], await freePort(), env),
  },
  Vite: {
    source: 'examples/vite',
    async serve({ folder, run }) {
      await run('vite', ['build', '--logLevel', 'error'], env)
      const port = await freePort()
      return serveProject(folder, ['preview', '--', '--strictPort', '--host', '127.0.0.1', '--port', String(port)], port, env)
    },
  },
  'Next.js': {
    source: 'examples/next',
    async serve({ folder, run }) {
      await run('next', ['build'], env)
      const port = await freePort()
      return serveProject(folder, ['preview', '--', '--hostname', '127.0.0.1', '--port', String(port)], port, env)
    },
  },
  webpack: {
    source: 'test/package/consumers/webpack',
    async serve({ folder, run }) {
      await run('webpack', ['--stats', 'errors-only'])
      return serveFolder(folder, collectorOptions())
    },
  },
  'modules without a bundler': {
    source: 'test/package/consumers/module',
    serve: ({ folder }) => serveFolder(folder, collectorOptions()),
  },
  RequireJS: {
    source: 'test/package/consumers/requirejs',
    serve: ({ folder }) => serveFolder(folder, collectorOptions()),
  },
}

let workshop: Workshop
let browser: Browser
let sandbox: Awaited<ReturnType<typeof serveSandbox>>
const ask = async (path: string): Promise<unknown> => (await fetch(sandbox.url + path)).json()

beforeAll(async () => {
  sandbox = await serveSandbox({ apiKey: env.AMBERFLO_API_KEY })
  env.AMBERFLO_URL = sandbox.url
  workshop = await openWorkshop()
  browser = await launch('chromium')
})
afterAll(async () => {
  await browser?.close()
  await workshop?.close()
  await sandbox?.close()
})

it.each(Object.entries(consumers))('%s: installed, built, served, and metered', async (_, { source, serve }) => {
  await fetch(`${sandbox.url}/sandbox`, { method: 'DELETE' })
  const site = await serve(await workshop.project(source))
  try {
    // As served, so that an application which renders on its server did.
    const served = await (await fetch(site.url)).text()
    expect(served).toContain('Export a report')
    expect(served).not.toContain(env.AMBERFLO_API_KEY)

    const page = await browser.newPage()
    await page.goto(site.url)
    // The page's view arrives when all is loaded and registered.
    const recordsOf = async (meter: string): Promise<MeterRecord[]> =>
      ((await ask('/sandbox/records')) as MeterRecord[]).filter(({ meterApiName }) => meterApiName === meter)
    const [view] = await until(() => recordsOf('page'), ({ length }) => length > 0, 30_000)
    expect(view).toMatchObject({ customerId: 'customer-1', meterValue: 1, dimensions: { name: 'Reports' } })

    await page.evaluate(() => document.querySelector('button')!.click())
    const used = await until(() => recordsOf('Reports exported'), ({ length }) => length > 0)
    expect(used).toEqual([expect.objectContaining({ customerId: 'customer-1', meterValue: 3, dimensions: { format: 'pdf' } })])
    expect(((await ask('/sandbox/customers')) as Customer[]).map(({ customerName }) => customerName)).toEqual(['Ada Lovelace'])
    await page.close()
  } finally {
    await site.close()
  }
})
