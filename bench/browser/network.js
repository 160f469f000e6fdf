/** The network, stubbed: a beacon leaves at once, and its receipt comes back as resource timing would bring it. */

/** How long the collector takes to answer, milliseconds. */
export const ANSWER_MS = 5

const observers = new Set()

/** Reports nothing but the receipts of the stubbed beacons. */
class StubbedObserver {
  #callback
  constructor(callback) {
    this.#callback = callback
  }
  observe() {
    observers.add(this.#callback)
  }
  disconnect() {
    observers.delete(this.#callback)
  }
}

/** @param {boolean} up whether the collector takes what it is sent; otherwise it puts off everything for an hour */
export function stubNetwork(up) {
  window.PerformanceObserver = StubbedObserver
  navigator.sendBeacon = (url) => {
    if (!up) return false
    const entry = { name: String(url), initiatorType: 'beacon', serverTiming: [{ name: 'accepted' }], responseStart: 1 }
    setTimeout(() => observers.forEach((callback) => callback({ getEntries: () => [entry] })), ANSWER_MS)
    return true
  }
  window.fetch = async () => new Response('', up ? { status: 200 } : { status: 503, headers: { 'Retry-After': '3600' } })
}
