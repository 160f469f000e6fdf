import type { Analytics, SegmentEvent } from '@segment/analytics-next'
import type { Note } from '../mapping/index.js'
import type { Routed } from './routing.js'
import type { Settings } from './settings.js'
import type * as Runtime from './subscriptions/index.js'

/** Fetches the runtime. `attempt` counts from 0, because browsers remember that an address has failed. */
export type LoadRuntime = (attempt: number) => Promise<typeof Runtime>

/** Routing by subscriptions, for which Segment's runtime has to be loaded first. */
export interface Subscribed {
  /** Begins to load the runtime. */
  start(analytics: Analytics): void
  /** What an event becomes. */
  route(event: SegmentEvent, note: Note): Promise<Routed[]>
  /** Lets `deliver` have its turn; resolves when it is done, or must wait for longer than Analytics.js may be held up. */
  queue(deliver: () => Promise<void>): Promise<void>
  /** Resolves when everything has had its turn. */
  idle(): Promise<void>
}

/** Analytics.js delivers one event after the other, to all destinations. */
const HOLD_MS = 1000
const LONGEST_BACKOFF_MS = 60_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const createSubscribed = (load: LoadRuntime, settings: Settings, warn: (message: string) => void): Subscribed => {
  let start!: Subscribed['start']
  let isRunning = false
  let line = Promise.resolve()

  const loadRunner = async (analytics: Analytics, attempt: number): Promise<Runtime.Runner> => {
    try {
      const runner = (await load(attempt)).createRunner(settings, analytics, warn)
      isRunning = true
      return runner
    } catch (error) {
      warn(`subscriptions failed: ${error}`)
      await sleep(Math.min(1000 * 2 ** attempt, LONGEST_BACKOFF_MS))
      return loadRunner(analytics, attempt + 1)
    }
  }

  const started = new Promise<Analytics>((resolve) => (start = resolve))
  const runner = started.then((analytics) => loadRunner(analytics, 0))
  const held = started.then(() => sleep(HOLD_MS))

  return {
    start,
    route: async (event, note) => (await runner)(event, note),
    async queue(deliver) {
      const done = (line = line.then(deliver))
      await Promise.race([runner, held])
      if (isRunning) await done
    },
    idle: () => line,
  }
}
