/**
 * What the plugin costs a page: main-thread time in a real Chromium, beside what else one might do.
 * `npm run bench:browser -- [--write]`; `--write` puts the result into docs/cost.md. `ROUNDS` and `EVENTS` make it shorter.
 */
import { createServer } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { importTypeScript } from '../scripts/import-ts.mjs'
import { report } from './browser/report.mjs'
import { scenarios } from './browser/scenarios.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
const root = new URL('..', import.meta.url)

const { chromePath } = await importTypeScript(fileURLToPath(new URL('test/engines/find.ts', root)))
const plugin = await readFile(new URL('dist/cdn/amberflo.min.js', root))
const { outputFiles: [bench] } = await build({
  entryPoints: [fileURLToPath(new URL('browser/page.js', import.meta.url))],
  bundle: true,
  minify: true,
  format: 'iife',
  globalName: 'bench',
  write: false,
})
const files = {
  '/': ['text/html', '<!doctype html><title>Bench</title><script src="/plugin.js"></script><script src="/bench.js"></script>'],
  '/plugin.js': ['text/javascript', plugin],
  '/bench.js': ['text/javascript', bench.contents],
}
const server = createServer(({ url }, response) => {
  const [type, body] = files[url] ?? ['text/plain', '']
  response.writeHead(200, { 'Content-Type': type }).end(body)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = `http://127.0.0.1:${server.address().port}/`

const browser = await chromium.launch({
  executablePath: chromePath(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})

const withPage = async (context, work) => {
  const page = await context.newPage()
  await page.goto(address)
  await work(page)
  await page.close()
}
const prepare = (page, run) => page.evaluate((given) => window.bench.prepare(given), run)

/** One run, on a page and with a storage of its own. Milliseconds. */
async function measure(run) {
  const context = await browser.newContext()
  let result
  if (run.left) await withPage(context, (page) => prepare(page, { name: run.name, count: 0, waiting: run.left, up: false }))
  await withPage(context, async (page) => {
    const session = await context.newCDPSession(page)
    // Time on the processor, not on the clock: other programs on the machine do not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const spent = async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration').value * 1_000
    }
    await prepare(page, run)
    await session.send('HeapProfiler.collectGarbage')
    const before = await spent()
    await page.evaluate((given) => window.bench.go(given), run)
    result = { ms: (await spent()) - before, over50: await page.evaluate(() => window.bench.tasksOver50()) }
  })
  await context.close()
  return result
}

const results = []
try {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name: scenario, runs } of scenarios) {
      // Not always the same one first.
      for (const run of round % 2 ? runs : [...runs].reverse()) {
        const result = await measure(run)
        results.push({ scenario, run, ...result })
        console.error(`${round}/${ROUNDS} ${scenario}, ${run.name}: ${result.ms.toFixed(0)} ms`)
      }
    }
  }
  const text = report(results, { rounds: ROUNDS, version: browser.version() })
  console.log(text)
  if (process.argv.includes('--write')) await writeFile(new URL('docs/cost.md', root), text)
} finally {
  await browser.close()
  server.close()
}
