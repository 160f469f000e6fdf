/**
 * Asks again and again what Amberflo holds: often while something is on the way, seldom else, never while hidden.
 *
 * @param {{ isBusy(): boolean, onHolds(holds): void }} listener
 *   `holds` is `{ all, fresh, customers, repeated }`: all records, and those that came since the last time
 */
export function watchHolds({ isBusy, onHolds }) {
  let all = []

  async function look() {
    const response = await fetch(`/demo/amberflo?after=${all.length}`)
    const { total, records, customers, repeated } = await response.json()
    // Somebody emptied it.
    if (total < all.length) all = []
    else if (records.length || customers.length) {
      all = [...all, ...records]
      onHolds({ all, fresh: records, customers, repeated })
    }
  }

  async function run() {
    if (!document.hidden) await look().catch(() => {})
    setTimeout(run, isBusy() ? 400 : 2000)
  }
  void run()
}
