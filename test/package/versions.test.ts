import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { serveSandbox } from '../../src/sandbox/index.js'
import type { Customer, MeterRecord } from '../../src/wire/payloads.js'
import { launch, type Browser } from '../engines/index.js'
import { command } from './support/command.js'
import { serveFolder } from './support/static-site.js'
import { openWorkshop, type Workshop } from './support/workshop.js'

jest.setTimeout(120_000)

const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependencies: Record<string, string> }
const oldest = peerDependencies['@segment/analytics-next']!.replace('>=', '')

const apiKey = 'canary-c40f7a913d5e82b6'
let workshop: Workshop
let browser: Browser
let sandbox: Awaited<ReturnType<typeof serveSandbox>>

beforeAll(async () => {
  sandbox = await serveSandbox({ apiKey })
  workshop = await openWorkshop()
  browser = await launch('chromium')
})
afterAll(async () => {
  await browser?.close()
  await workshop?.close()
  await sandbox?.close()
})

/** Each way to call the plugin, on a page whose settings come from its own origin as from Segment's CDN. */
it.each([oldest, 'latest'])('works on @segment/analytics-next %s, and fits its types', async (version) => {
  const { folder } = await workshop.project('test/package/consumers/versions', { '@segment/analytics-next': version })
  const installed = JSON.parse(await readFile(join(folder, 'node_modules/@segment/analytics-next/package.json'), 'utf8')) as { version: string }
  if (version === oldest) expect(installed.version).toBe(oldest)

  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', 'node']
  const typeRoots = ['--typeRoots', join(process.cwd(), 'node_modules/@types')]
  await command(folder, join(process.cwd(), 'node_modules/.bin/tsc'), [...options, ...typeRoots, 'main.ts'])

  await build({
    entryPoints: [join(folder, 'main.ts')],
    outfile: join(folder, 'main.js'),
    bundle: true,
    format: 'iife',
    logLevel: 'silent',
    // Bundlers for the web know these names, and older versions rely on it.
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  })
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><script>analytics = Object.assign([], { _cdn: location.origin })</script><script src="/main.js"></script>',
  )
  await mkdir(join(folder, 'v1/projects/none'), { recursive: true })
  await writeFile(join(folder, 'v1/projects/none/settings'), '{ "integrations": {} }')

  await fetch(`${sandbox.url}/sandbox`, { method: 'DELETE' })
  const site = await serveFolder(folder, { apiKey, amberfloUrl: sandbox.url, trustClient: true })
  const page = await browser.newPage()
  try {
    await page.goto(site.url)
    await page.evaluate(() => (window as unknown as { main(): Promise<void> }).main())
    const read = async <T>(path: string): Promise<T> => (await (await fetch(sandbox.url + path)).json()) as T
    const records = await read<MeterRecord[]>('/sandbox/records')
    expect(records.map(({ customerId, meterApiName, meterValue, dimensions }) => [customerId, meterApiName, meterValue, dimensions?.['name'] ?? dimensions?.['seen']])).toEqual([
      ['customer-1', 'page', 1, 'Reports'],
      ['customer-1', 'screen', 1, 'Settings'],
      ['customer-1', 'Used', 2, undefined],
      ['customer-1', 'Switched on', 2, undefined],
      ['customer-1', 'Seen', 2, 'by middleware'],
    ])
    expect((await read<Customer[]>('/sandbox/customers')).map(({ customerName }) => customerName)).toEqual(['Ada Lovelace'])
  } finally {
    await page.close()
    await site.close()
  }
})
