/** What a test may ask of a browser, the same for each engine. */

export const engineNames = ['chromium', 'firefox', 'webkit'] as const
export type EngineName = (typeof engineNames)[number]

export interface LaunchOptions {
  /** Keeps storage here, so that the next browser with the same folder finds it. Without one nothing outlives the browser. */
  profileDir?: string
  /** How many pages there will be, 1 by default; only a WebKit with a profile must know. */
  tabs?: number
  /** Makes the engine itself refuse IndexedDB and `localStorage`, as a person's settings do. */
  storageBlocked?: boolean
  /** The most that an origin may store, in bytes; WebKit needs a profile for it. */
  storageQuota?: number
}

export interface Page {
  goto(url: string): Promise<void>
  /** The back button. */
  back(): Promise<void>
  /**
   * Runs a function inside the page and gives what it returns or resolves to, as JSON.
   * The function goes over as text: it sees its arguments and the page, nothing else.
   */
  evaluate<Args extends unknown[], Result>(work: (...args: Args) => Result | Promise<Result>, ...args: Args): Promise<Result>
  /** Closes the tab as a person does: its handlers for leaving run. */
  close(): Promise<void>
  /** Finds the process that runs the page; what it gives kills it at once, so that no handler runs. */
  crasher(): Promise<() => Promise<void>>
}

export interface Browser {
  engine: EngineName
  version: string
  /** A page in front, of its own window where the engine would otherwise count it as hidden. */
  newPage(): Promise<Page>
  /** SIGKILL for every process of this browser; resolves when all are gone. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** The engine is not installed here; the message says what to install. */
export class EngineMissingError extends Error {
  override name = 'EngineMissingError'
}
