import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, type Browser } from './index.js'
import { descendants } from './processes.js'
import { askedEngines } from './asked.js'

jest.setTimeout(90_000)

let server: Server
let url: string
let posts: string[]
const folders: string[] = []

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'amberflo-engine-'))
  folders.push(folder)
  return folder
}

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.method === 'POST') posts.push(request.url!)
    response.setHeader('content-type', 'text/html').end('<title>A page</title>')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
beforeEach(() => (posts = []))
afterAll(() => {
  server.closeAllConnections()
  server.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function arrived(path: string): Promise<void> {
  for (let waited = 0; !posts.includes(path); waited += 50) {
    if (waited > 10_000) throw new Error(`${path} did not arrive; what did: ${posts.join(' ')}`)
    await sleep(50)
  }
}

/** Runs in the page: counts the rows that are in IndexedDB once one more is committed. */
function addRow(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('rows', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true })
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('rows', 'readwrite')
      const rows = transaction.objectStore('rows')
      rows.add({ made: Date.now() })
      const count = rows.count()
      transaction.oncomplete = () => resolve(count.result)
      transaction.onabort = () => reject(transaction.error)
    }
  })
}

describe.each(askedEngines())('%s', (engine) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch(engine)
  })
  afterAll(() => browser?.close())

  it('evaluates in two visible pages of one origin, and tells what threw', async () => {
    const [one, two] = [await browser.newPage(), await browser.newPage()]
    await one.goto(url)
    await two.goto(url)
    expect(await one.evaluate((a: number, b: { c: number }) => `${document.title} ${a + b.c}`, 1, { c: 2 })).toBe('A page 3')
    expect(await Promise.all([one, two].map((page) => page.evaluate(() => document.visibilityState)))).toEqual(['visible', 'visible'])
    await expect(two.evaluate(() => Promise.reject(new Error('as asked')))).rejects.toThrow('as asked')
    await one.close()
    await two.close()
  })

  it('closes a tab so that a beacon of its last moment arrives', async () => {
    const page = await browser.newPage()
    await page.goto(url)
    await page.evaluate(() =>
      document.addEventListener('visibilitychange', () => navigator.sendBeacon(`/left-${document.visibilityState}`, 'x')))
    await page.close()
    await arrived('/left-hidden')
  })

  it('crashes one page and leaves the other', async () => {
    const profileDir = temporaryFolder()
    const pair = await launch(engine, { profileDir, tabs: 2 })
    const [doomed, other] = [await pair.newPage(), await pair.newPage()]
    await doomed.goto(url)
    await other.goto(url)
    await doomed.evaluate(() => addEventListener('pagehide', () => navigator.sendBeacon('/after-crash', 'x')))
    await (await doomed.crasher())()
    await expect(other.evaluate(() => document.title)).resolves.toBe('A page')
    await pair.close()
    expect(posts).not.toContain('/after-crash')
  })

  it('kills every process and finds what was committed in the same profile', async () => {
    const profileDir = temporaryFolder()
    for (const rows of [1, 2]) {
      const others = new Set(descendants(process.pid).map(({ pid }) => pid))
      const mortal = await launch(engine, { profileDir })
      const page = await mortal.newPage()
      await page.goto(url)
      expect(await page.evaluate(addRow)).toBe(rows)
      await mortal.kill()
      expect(descendants(process.pid).filter(({ pid, command }) => !others.has(pid) && command !== '')).toEqual([])
    }
  })

  it('refuses storage when told to', async () => {
    const strict = await launch(engine, { storageBlocked: true })
    const page = await strict.newPage()
    await page.goto(url)
    await expect(page.evaluate(addRow)).rejects.toThrow()
    await expect(page.evaluate(() => localStorage.setItem('a', 'b'))).rejects.toThrow()
    await strict.close()
  })

  it('stores nothing beyond the quota', async () => {
    const cramped = await launch(engine, { profileDir: temporaryFolder(), storageQuota: 1 })
    const page = await cramped.newPage()
    await page.goto(url)
    await expect(page.evaluate(addRow)).rejects.toThrow()
    await cramped.kill()
  })
})
