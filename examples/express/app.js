/** The collector inside an Express application, which also makes the tokens. */
import { createCollector, mintToken } from 'amberflo-destination/collector'
import express from 'express'

/** `customerOf(req)` says whose session a request is, or gives `null`. */
export function createApp({ apiKey, amberfloUrl, secret, customerOf }) {
  const app = express()
  const collector = createCollector({ apiKey, amberfloUrl, tokenSecret: secret })

  // Before any body parser: the collector reads the body itself, and counts its bytes.
  app.use('/usage', collector.listener)

  // What the page's `token` setting asks for.
  app.get('/usage-token', async (req, res) => {
    const customerId = customerOf(req)
    if (customerId === null) return res.sendStatus(401)
    res.type('text').set('cache-control', 'no-store').send(await mintToken({ secret, customerId }))
  })

  return app
}
