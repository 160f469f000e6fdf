import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { transformSync } from 'esbuild'

const root = process.cwd()
const segment = join(dirname(createRequire(join(root, 'package.json')).resolve('@segment/analytics-next/package.json')), 'dist/umd')

/** The real files of Segment's CDN and of ours, by the path at which the site serves them. */
const files: Record<string, string> = {
  '/analytics-next.js': join(segment, 'index.js'),
  '/analytics.js/v1/write-key/analytics.min.js': join(segment, 'standalone.js'),
  '/amberflo.min.js': join(root, 'dist/cdn/amberflo.min.js'),
}

const inPage = transformSync(readFileSync(join(root, 'test/e2e/support/in-page.ts'), 'utf8'), { loader: 'ts' }).code

/** The service worker of a page that can be used offline: it makes up an answer where the network gives none. */
const offlineWorker = `
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(fetch(event.request).catch(() => new Response('You are offline.'))))
`

/** A script's text, or `undefined` when the site has none there. */
export function scriptAt(path: string): string | undefined {
  if (path === '/in-page.js') return inPage
  if (path === '/offline-worker.js') return offlineWorker
  if (path === '/v1/projects/write-key/settings') return '{"integrations":{}}'
  const chunk = /([\w-]+\.bundle\.\w+\.js)$/.exec(path)?.[1]
  const subscriptions = /^\/(amberflo-[\d.]+\.subscriptions\.min\.js)$/.exec(path)?.[1]
  if (subscriptions) return readFileSync(join(root, 'dist/cdn', subscriptions), 'utf8')
  const file = chunk ? join(segment, chunk) : files[path]
  return file && readFileSync(file, 'utf8')
}

/** A page with Analytics.js, the plugin from the CDN bundle, and what tests call inside it. Nothing has been started. */
export const shopPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<script src="/analytics-next.js"></script>
<script src="/amberflo.min.js"></script>
<script src="/in-page.js"></script>
</head><body><h1>Shop</h1></body></html>`

/** Without any script: where people go when they leave. */
export const elsewherePage = '<!doctype html><html lang="en"><head><title>Elsewhere</title><link rel="icon" href="data:,"></head><body></body></html>'
