import { createServer } from 'node:http'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCollector, mintToken } from 'amberflo-destination/collector'

const { AMBERFLO_API_KEY, AMBERFLO_URL, COLLECTOR_TOKEN_SECRET, PORT = 8080 } = process.env

const folderOf = (name) => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)))
const segment = `${folderOf('@segment/analytics-next')}/dist/umd`
const cdn = `${folderOf('amberflo-destination')}/dist/cdn`
const here = dirname(fileURLToPath(import.meta.url))

const { version } = JSON.parse(await readFile(`${cdn}/../../package.json`, 'utf8'))
const { [`amberflo-${version}.min.js`]: integrity } = JSON.parse(await readFile(`${cdn}/integrity.json`, 'utf8'))
const page = (await readFile(`${here}/index.html`, 'utf8')).replaceAll('{{version}}', version).replace('{{integrity}}', integrity)

/** All that the page may do: run scripts of this server, and send to it. No inline script, no `eval`. */
const csp = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"

const collector = createCollector({ apiKey: AMBERFLO_API_KEY, amberfloUrl: AMBERFLO_URL, tokenSecret: COLLECTOR_TOKEN_SECRET })

const scripts = {
  '/snippet.min.js': `${here}/snippet.min.js`,
  '/page.js': `${here}/page.js`,
  [`/amberflo-${version}.min.js`]: `${cdn}/amberflo-${version}.min.js`,
  '/analytics.js/v1/none/analytics.min.js': `${segment}/standalone.js`,
}

/** Parts that Analytics.js loads by itself, such as /analytics-next/bundles/870.bundle.….js. */
const chunkAt = (path) => /\/([\w-]+\.bundle\.\w+\.js)$/.exec(path)?.[1]

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://site')
  if (pathname === '/usage') return collector.listener(request, response)
  if (pathname === '/') return response.setHeader('content-type', 'text/html').setHeader('content-security-policy', csp).end(page)
  // A real site takes the customer from its own session.
  if (pathname === '/usage/token') return response.setHeader('cache-control', 'no-store').end(await mintToken({ secret: COLLECTOR_TOKEN_SECRET, customerId: 'customer-1' }))
  // What Segment's CDN would say of a source without destinations.
  if (pathname === '/v1/projects/none/settings') return response.end('{ "integrations": {} }')

  const file = scripts[pathname] ?? (chunkAt(pathname) && `${segment}/${chunkAt(pathname)}`)
  if (!file) return response.writeHead(404).end()
  createReadStream(file)
    .on('error', () => response.writeHead(404).end())
    .pipe(response.setHeader('content-type', 'text/javascript'))
})

server.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`))
