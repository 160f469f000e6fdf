import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { fileURLToPath } from 'node:url'
import { mintToken } from '../../dist/collector.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const page = here('../page')
const vendor = {
  '/vendor/analytics-next': here('../../node_modules/@segment/analytics-next/dist/umd'),
  '/vendor/amberflo': here('../../dist/cdn'),
}

/** Faults on the road; `amberflo-down` is the sandbox's own. */
const faults = ['none', 'amberflo-down', 'collector-down', 'answer-lost', 'offline']

/**
 * The site: the page, the token for whoever is signed in, and windows into the machinery.
 *
 * @param {{ amberflo: Awaited<ReturnType<typeof import('./amberflo.mjs').startAmberflo>>,
 *   road: ReturnType<typeof import('./road.mjs').createRoad>, tokenSecret: string }} parts
 */
export function createApp({ amberflo, road, tokenSecret }) {
  const app = new Hono()
  let fault = 'none'

  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'], baseUri: ["'none'"], formAction: ["'none'"] },
      strictTransportSecurity: false,
    }),
  )
  app.use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })

  // A real site takes the customer from its own session. Here anybody may be anyone: it is your own machine.
  app.get('/token', async (c) => {
    const customerId = c.req.query('customer')
    if (!customerId) return c.text('who?', 400)
    return c.text(await mintToken({ secret: tokenSecret, customerId }))
  })

  app.get('/demo/config', (c) => c.json({ kind: amberflo.kind, amberfloUrl: amberflo.url, fault }))

  app.put('/demo/fault', async (c) => {
    const name = await c.req.text()
    const possible = faults.includes(name) && (name !== 'amberflo-down' || amberflo.kind === 'sandbox')
    if (!possible) return c.text(`no such fault: ${name}`, 400)
    fault = name
    road.setFault(name)
    if (amberflo.kind === 'sandbox') await amberflo.setDown(name === 'amberflo-down')
    return c.body(null, 204)
  })

  if (amberflo.kind === 'sandbox') {
    app.get('/demo/amberflo', async (c) => c.json(await amberflo.read(Number(c.req.query('after')) || 0)))
    app.delete('/demo/amberflo', async (c) => {
      await amberflo.clear()
      await amberflo.setDown(fault === 'amberflo-down')
      return c.body(null, 204)
    })
  }

  for (const [path, root] of Object.entries(vendor)) {
    app.get(`${path}/*`, serveStatic({ root, rewriteRequestPath: (requested) => requested.slice(path.length) }))
  }
  app.get('/*', serveStatic({ root: page }))
  return app
}
