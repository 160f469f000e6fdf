import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useChromium } from './support/browser.js'
import { apiKey } from './support/site.js'
import { until } from './support/until.js'

jest.setTimeout(60_000)

const { open, site } = useChromium()
const dist = join(process.cwd(), 'dist')

/** Every file that may reach a browser, source maps included: all but the server's. */
function browserFiles(): string[] {
  const isServers = (path: string): boolean => /^(server|types)\/|^(collector|sandbox)\./.test(path)
  const all = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1))
  return all.filter((path) => !isServers(path))
}

it('no file for browsers names the header of the API key, or its variable', () => {
  const files = browserFiles()
  expect(files).toEqual(expect.arrayContaining(['index.js', 'cdn/amberflo.min.js']))
  const naming = files.filter((file) => /x-api-key|AMBERFLO_API_KEY/.test(readFileSync(join(dist, file), 'utf8')))
  expect(naming).toEqual([])
})

it('nothing that a page receives or stores holds the API key, while the collector uses it', async () => {
  const shop = await site({ where: 'same origin' })
  const page = await open(shop.page())
  await page.evaluate((collectorUrl) => window.shop.start({ collectorUrl, debug: true }), shop.collectorUrl)
  await page.evaluate(() => window.shop.track(['a', 'b', 'c']))
  await page.evaluate(() => window.shop.flush())
  expect(await until(() => shop.records(), (records) => records.length === 3)).toHaveLength(3)

  const seen = await page.evaluate(async () => {
    const urls = performance.getEntriesByType('resource').map(({ name }) => name)
    const scripts = await Promise.all(urls.filter((url) => url.endsWith('.js')).map(async (url) => (await fetch(url)).text()))
    const answer = await fetch('/usage?b=x', { method: 'POST', body: '{"v":1,"batch":"x","sentAt":0}' })
    const broken = await fetch('/usage?b=x', { method: 'POST', body: '{' })
    return [
      document.documentElement.outerHTML,
      ...scripts,
      ...[answer, broken].map(({ headers }) => JSON.stringify([...headers])),
      await answer.text(),
      await broken.text(),
      JSON.stringify({ ...localStorage }),
    ]
  })
  expect(seen.length).toBeGreaterThan(5)
  for (const text of seen) expect(text).not.toContain(apiKey)
})
