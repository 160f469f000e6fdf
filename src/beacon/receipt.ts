/** Called with a batch's id and whether its resource timing entry proves that it was accepted. */
export type OnReceipt = (batchId: string, accepted: boolean) => void

/** The query parameter that carries a batch's id. */
export const BATCH_PARAMETER = 'b'

/**
 * Reads the fate of beacons from their Resource Timing entries. The collector sends `Server-Timing: accepted`
 * and `Timing-Allow-Origin` for an accepted batch only, and only the latter lets a `responseStart` be seen
 * across origins. Gives what observes, or `undefined` where there is no such observer.
 * @see https://www.w3.org/TR/resource-timing/#sec-cross-origin-resources
 */
export function watchReceipts(crossOrigin: boolean, onReceipt: OnReceipt): PerformanceObserver | undefined {
  try {
    // Throws in a sandboxed frame in Chromium, which then has no receipts.
    const { serviceWorker } = navigator
    const observer = new PerformanceObserver((list) => {
      for (const { name, initiatorType, serverTiming, responseStart } of list.getEntries() as PerformanceResourceTiming[]) {
        // A fetch tells its own fate.
        const batchId = initiatorType !== 'fetch' && new URL(name).searchParams.get(BATCH_PARAMETER)
        const accepted =
          serverTiming?.[0] ? serverTiming.some((metric) => metric.name === 'accepted')
          // What a service worker makes up has times that can be seen, too: while offline, for example.
          : crossOrigin && responseStart > 0 && !serviceWorker?.controller
        if (batchId) onReceipt(batchId, accepted)
      }
    })
    observer.observe({ type: 'resource' })
    return observer
  } catch {
    return undefined
  }
}
