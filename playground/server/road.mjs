import { request as forward } from 'node:http'

/**
 * The road from the page to the collector, a reverse proxy as a site would have one, and what can go wrong on it:
 * - `none`: nothing
 * - `collector-down`: 503 in the collector's place
 * - `answer-lost`: the collector takes the batch, and the connection dies before the answer
 * - `offline`: the connection dies at once
 *
 * @param {string} collectorUrl
 */
export function createRoad(collectorUrl) {
  let fault = 'none'

  return {
    setFault(name) {
      fault = name
    },

    /**
     * @param {import('node:http').IncomingMessage} request
     * @param {import('node:http').ServerResponse} response
     */
    travel(request, response) {
      if (fault === 'offline') return request.socket.resetAndDestroy()
      if (fault === 'collector-down') {
        request.resume()
        return response.writeHead(503, { 'retry-after': '3' }).end()
      }
      const { search } = new URL(request.url, collectorUrl)
      // Headers go as they came, `Host` too: the collector then sees the page's own origin as the same as its own.
      const { method, headers } = request
      const onward = forward(new URL(`/${search}`, collectorUrl), { method, headers }, (answer) => {
        if (fault === 'answer-lost') {
          answer.resume()
          answer.once('end', () => request.socket.resetAndDestroy())
          return
        }
        response.writeHead(answer.statusCode, answer.headers)
        answer.pipe(response)
      })
      onward.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
      request.pipe(onward)
    },
  }
}
