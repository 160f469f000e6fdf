import type { Analytics } from '@segment/analytics-next'
import { backoffMs } from '../beacon/index.js'
import type { AmberfloSettings } from './types.js'
import type * as Runtime from './subscriptions/index.js'

/** Fetches Segment's runtime. `attempt` counts from 0, because browsers remember that an address has failed. */
export type LoadRuntime = (attempt: number) => Promise<typeof Runtime>

/** What runs the page's subscriptions. The runtime is asked for until it is there. */
export const loadRunner = async (
  load: LoadRuntime,
  settings: AmberfloSettings,
  analytics: Analytics,
  warn: (message: string) => void,
): Promise<Runtime.Runner> => {
  for (let attempt = 0; ; ) {
    try {
      return (await load(attempt)).createRunner(settings, analytics, warn)
    } catch (error) {
      warn(`subscriptions failed: ${error}`)
      await new Promise((resolve) => setTimeout(resolve, backoffMs(++attempt, 1)))
    }
  }
}
