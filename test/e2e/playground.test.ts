import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { launch, type Browser, type Page } from '../engines/index.js'
import { until } from './support/until.js'

jest.setTimeout(180_000)

interface Running {
  child: ChildProcess
  /** All that it printed so far. */
  output(): string
}

function start(environment: Record<string, string>): Running {
  const env = { ...process.env, ...environment }
  if (!('AMBERFLO_API_KEY' in environment)) delete env['AMBERFLO_API_KEY']
  const child = spawn(process.execPath, ['scripts/start.mjs'], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += String(chunk) })
  return { child, output: () => output }
}

async function end({ child }: Running): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGINT')
  await once(child, 'close')
}

async function urlOf({ child, output }: Running): Promise<string> {
  const printed = until(output, (text) => text.includes('http://localhost:') || child.exitCode !== null, 120_000)
  const [url] = /http:\/\/localhost:\d+/.exec(await printed) ?? []
  if (!url) throw new Error(`npm start ended without a URL: ${output()}`)
  return url
}

describe('npm start', () => {
  let playground: Running
  let browser: Browser
  let page: Page
  let url: string

  beforeAll(async () => {
    playground = start({ PORT: '0' })
    url = await urlOf(playground)
    browser = await launch('chromium')
  })
  afterAll(async () => {
    await browser?.close()
    await end(playground)
  })
  beforeEach(async () => {
    await fetch(`${url}/demo/amberflo`, { method: 'DELETE' })
    page = await browser.newPage()
    await page.goto(url)
    // The page's own first event; what an earlier test's page left may come with it.
    await until(rows, (all) => all.some(([event, , , , held]) => event === 'page' && held === 'held'))
  })
  afterEach(() => page.close())

  /** Each event's stages as their titles, newest event first. */
  const rows = (): Promise<string[][]> =>
    page.evaluate(() =>
      [...document.querySelectorAll('.way')].map((way) => [...way.querySelectorAll('.stage-title')].map(({ textContent }) => textContent!)),
    )
  const press = (button: string): Promise<void> => page.evaluate((selector) => document.querySelector<HTMLElement>(selector)!.click(), button)
  const type = (field: string, text: string): Promise<void> =>
    page.evaluate((selector, value) => { document.querySelector<HTMLInputElement>(selector)!.value = value }, field, text)
  const textOf = (selector: string): Promise<string> => page.evaluate((one) => document.querySelector(one)!.textContent!, selector)

  it.each([
    ['identify', 'identify some_user_id', 'John Doe'],
    ['track', 'track ApiCalls', 'ApiCalls = 2'],
    ['page', 'page Home', 'page = 1'],
    ['screen', 'screen Home', 'screen = 1'],
  ])('shows the whole way of %s', async (form, event, payload) => {
    await press(`#${form} [type=submit]`)
    const [row] = await until(rows, ([newest]) => newest?.[0] === event && newest[4] === 'held')
    expect(row).toEqual([event, payload, expect.stringMatching(/^(beacon|fetch) [\d,]+ B$/), 'accepted', 'held'])
  })

  it('shows usage per meter and the customer that Amberflo holds', async () => {
    await press('#identify [type=submit]')
    for (let count = 0; count < 3; count += 1) await press('#track [type=submit]')
    await until(() => textOf('#chart'), (text) => text.includes('ApiCalls6 in 3 records'))
    await until(() => textOf('#customers'), (text) => text.includes('John Doe some_user_id'))
  })

  it('opens a stage, with the record in full', async () => {
    await press('#track [type=submit]')
    await until(rows, ([newest]) => newest?.[0] === 'track ApiCalls' && newest[4] === 'held')
    await press('.way .stage:nth-child(2)')
    expect(JSON.parse(await textOf('.way .inspector pre'))).toMatchObject({ meterApiName: 'ApiCalls', meterValue: 2, dimensions: { region: 'us-west-2' } })
    expect(await page.evaluate(() => document.querySelector('.way .stage:nth-child(2)')!.getAttribute('aria-expanded'))).toBe('true')
  })

  it('says what is wrong with JSON, and sends nothing', async () => {
    const before = await rows()
    await type('#track [name=json]', '{ "region": ')
    await press('#track [type=submit]')
    expect(await textOf('#track .error')).toMatch(/^Not valid JSON\. /)
    expect(await rows()).toEqual(before)
  })

  it('asks for the name of an event without one', async () => {
    const before = await rows()
    await type('#track [name=name]', '')
    await press('#track [type=submit]')
    expect(await textOf('#track .error')).toBe('An event needs a name.')
    expect(await rows()).toEqual(before)
  })

  it('says that a customer who is known as he is, is not sent again', async () => {
    await press('#identify [type=submit]')
    await until(rows, ([newest]) => newest?.[0] === 'identify some_user_id' && newest[3] === 'accepted')
    await press('#identify [type=submit]')
    await until(rows, ([newest, before]) => newest?.[1] === 'not sent' && before?.[3] === 'accepted')
    expect(await textOf('#tally-waiting')).toBe('0')
  })

  it('says why a value is refused', async () => {
    await type('#track [name=value]', 'abc')
    await press('#track [type=submit]')
    await until(rows, ([newest]) => newest?.[1] === 'rejected')
    expect(await textOf('.way .stage:nth-child(2) .stage-detail')).toBe('bad_value')
  })

  it.each(['offline', 'collector-down', 'answer-lost', 'amberflo-down'])('meters once what was made while it was: %s', async (fault) => {
    await press(`#faults [value=${fault}]`)
    await until(async () => ((await (await fetch(`${url}/demo/config`)).json()) as { fault: string }).fault, (now) => now === fault)
    await press('#track [type=submit]')
    await until(rows, ([newest]) => newest?.[0] === 'track ApiCalls' && ['no answer', '503', '502'].includes(newest[3]!), 30_000)
    await press('#faults [value=none]')
    await until(rows, ([newest]) => newest?.[3] === 'accepted' && newest[4] === 'held', 60_000)
    expect(await textOf('#tally-twice')).toBe('0')
  })

  it('brings 20 events that were kept right before a reload', async () => {
    await press('#track [data-action=leave]')
    await until(() => textOf('#return').catch(() => ''), (text) => text.includes('20 of 20 arrived'), 30_000)
  })

  it('asks nothing of anybody else', async () => {
    const hosts = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).host))
    expect(new Set(hosts)).toEqual(new Set([new URL(url).host]))
  })
})

it('says so when the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const run = start({ PORT: String(port) })
  const [code] = await once(run.child, 'close')
  other.close()
  expect([code, run.output()]).toEqual([1, expect.stringContaining(`Port ${port} is taken`)])
})

it('uses Amberflo itself when there is a key, says so, and never shows the key', async () => {
  const key = `canary-${Date.now()}`
  const run = start({ PORT: '0', AMBERFLO_API_KEY: key, AMBERFLO_URL: 'http://127.0.0.1:9' })
  const url = await urlOf(run)
  const config = await (await fetch(`${url}/demo/config`)).text()
  expect(JSON.parse(config)).toMatchObject({ kind: 'amberflo', amberfloUrl: 'http://127.0.0.1:9' })
  expect(run.output()).toContain('Usage goes to http://127.0.0.1:9.')
  await end(run)
  expect(run.output() + config).not.toContain(key)
})
