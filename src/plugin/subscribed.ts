import type { Analytics, SegmentEvent } from '@segment/analytics-next'
import { toCustomer, toRecord } from '../mapping/index.js'
import type { Routed } from './routing.js'
import type { Settings } from './settings.js'
import type * as Runtime from './subscriptions/index.js'

/** Fetches the runtime. `attempt` counts from 0, because browsers remember that an address has failed. */
export type LoadRuntime = (attempt: number) => Promise<typeof Runtime>

/** Routing by subscriptions, for which Segment's runtime has to be loaded first. */
export interface Subscribed {
  /** Begins to load the runtime. */
  start(analytics: Analytics): void
  /** What an event becomes: what actions yield is normalised like everything else. */
  route(event: SegmentEvent, report: (message: string) => void): Promise<Routed[]>
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
      const runner = (await load(attempt)).createRunner(settings.subscriptions, analytics, warn)
      isRunning = true
      return runner
    } catch (error) {
      warn(`the subscriptions cannot be loaded, events wait: ${error}`)
      await sleep(Math.min(1000 * 2 ** attempt, LONGEST_BACKOFF_MS))
      return loadRunner(analytics, attempt + 1)
    }
  }

  const started = new Promise<Analytics>((resolve) => (start = resolve))
  const runner = started.then((analytics) => loadRunner(analytics, 0))
  const held = started.then(() => sleep(HOLD_MS))

  return {
    start,
    route: async (event, report) =>
      (await (await runner)(event, report)).map(([action, fields]) =>
        action === 'meter' ? toRecord(fields, settings.dimensions, Date.now()) : toCustomer(fields),
      ),
    async queue(deliver) {
      const done = (line = line.then(deliver))
      await Promise.race([runner, held])
      if (isRunning) await done
    },
    idle: () => line,
  }
}
