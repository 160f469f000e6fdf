const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * Keeps a client from a server in trouble: after each failure in a row it waits, at random up to a limit that
 * doubles from 1 s to 60 s ("full jitter"), and never less than the server asked for.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createPause(random: () => number = Math.random, clock: () => number = () => performance.now()) {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  const leftMs = () => Math.max(0, until - clock())

  return {
    /** Gives how long the pause lasts from now, in milliseconds. */
    begin(atLeastMs = 0): number {
      // What failed together counts once: a failure during a pause began before it.
      if (leftMs() === 0) failures += 1
      const wait = Math.max(atLeastMs, random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)))
      until = Math.max(until, clock() + wait)
      return leftMs()
    },
    end() {
      failures = 0
    },
    isOn: () => leftMs() > 0,
    /** The server failed when it was last asked. */
    isTrial: () => failures > 0,
    leftMs,
  }
}
