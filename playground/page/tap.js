/**
 * Watches what the page sends to the collector, and what the page can know of the answers, from outside:
 * `sendBeacon` and `fetch` are wrapped, and a beacon's answer is read from its Resource Timing entry.
 *
 * @param {string} path the collector's path on this origin
 * @param {{ onSent(attempt): void, onAnswered(attempt): void }} listener
 *   an attempt is `{ batch, via, body, bytes, url, sentAt, queued, answer }`; `answer` comes with `onAnswered`:
 *   `{ status, accepted, text }`, where status 0 is no answer, and `undefined` not known
 */
export function tap(path, { onSent, onAnswered }) {
  const attempts = new Map()

  function note(via, address, body) {
    const url = new URL(address, location.href)
    if (url.origin !== location.origin || url.pathname !== path || typeof body !== 'string') return undefined
    const batch = url.searchParams.get('b')
    const attempt = { batch, via, url: url.pathname + url.search, body, bytes: new TextEncoder().encode(body).length, sentAt: Date.now(), queued: true }
    if (via === 'beacon') attempts.set(batch, attempt)
    return attempt
  }

  const beacon = navigator.sendBeacon.bind(navigator)
  navigator.sendBeacon = (url, body) => {
    const attempt = note('beacon', url, body)
    const queued = beacon(url, body)
    if (attempt) onSent(Object.assign(attempt, { queued }))
    return queued
  }

  const fetch = window.fetch.bind(window)
  window.fetch = async (input, init) => {
    const attempt = note('fetch', input instanceof Request ? input.url : input, init?.body)
    if (!attempt) return fetch(input, init)
    onSent(attempt)
    try {
      const response = await fetch(input, init)
      const text = await response.clone().text()
      attempt.answer = { status: response.status, accepted: response.status === 200, text }
      return response
    } catch (error) {
      attempt.answer = { status: 0, accepted: false, text: String(error.message) }
      throw error
    } finally {
      onAnswered(attempt)
    }
  }

  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const url = new URL(entry.name)
      const attempt = attempts.get(url.searchParams.get('b'))
      if (url.pathname !== path || entry.initiatorType === 'fetch' || !attempt || attempt.answer) continue
      const timings = entry.serverTiming ?? []
      const accepted = timings.some(({ name }) => name === 'accepted')
      const text = timings.map(({ name, description }) => `Server-Timing: ${name};desc="${description}"`).join('\n')
      attempt.answer = { status: entry.responseStatus, accepted, text: text || 'no Server-Timing: not known to be accepted' }
      onAnswered(attempt)
    }
  }).observe({ type: 'resource' })
}
