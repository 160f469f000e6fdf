import { fromRequest, toResponse } from '../web.js'
import { createRoutes } from './routes.js'

let ready: boolean
const route = createRoutes({
  respond: async () => ({ status: 299, headers: {}, body: null }),
  health: { read: async () => ({ ready, spool: 'ok', upstream: 'ok', backlogAgeSeconds: 0, draining: false }) },
  metrics: { read: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'metric 1\n' }) },
})
const ask = (path: string, method = 'GET') => route({ ...fromRequest(new Request(`http://collector${path}`, { method })), url: path }).then(toResponse)

beforeEach(() => {
  ready = true
})

it('answers those who run the server', async () => {
  expect((await ask('/livez')).status).toBe(200)
  expect((await ask('/readyz')).status).toBe(200)
  ready = false
  const response = await ask('/readyz?verbose')
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ ready: false, spool: 'ok' })
  const metrics = await ask('/metrics')
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4')
  expect(await metrics.text()).toBe('metric 1\n')
  expect((await ask('/livez', 'HEAD')).status).toBe(200)
})

it.each([['/', 'POST'], ['/usage?b=1', 'POST'], ['/metrics', 'POST'], ['/livez', 'OPTIONS'], ['/usage', 'GET'], ['/__proto__', 'GET'], ['/constructor', 'GET'], ['/livez/', 'GET']])(
  'leaves %s by %s to the collector',
  async (path, method) => expect((await ask(path, method)).status).toBe(299),
)
