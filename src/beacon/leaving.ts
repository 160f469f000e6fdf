/** What to do when the page may be going for good, and when it has come back. */
export interface Leaving {
  /** `gone`: the document is being put away, not merely hidden. */
  leave(gone: boolean): void
  /** The page may go: what would keep it out of the back/forward cache is let go of. */
  release(): void
  /** The back/forward cache has given the page back. */
  restored(): void
  /** The network is back, or the page can be seen again. */
  awake(): void
}

/**
 * Listens for the page's end. Closing a tab gives `visibilitychange` first, and beacons sent there arrive more
 * often than those sent from `pagehide`, which comes to `window` only.
 * @see https://developer.chrome.com/docs/web-platform/page-lifecycle-api
 */
export function watchLeaving({ leave, release, restored, awake }: Leaving, signal: AbortSignal): void {
  const options = { signal }
  // A page that comes back is visible before it is told so by `pageshow`.
  let away = false
  const onVisibility = () => (document.visibilityState === 'hidden' ? leave(false) : away || awake())
  document.addEventListener('visibilitychange', onVisibility, options)
  document.addEventListener('freeze', () => leave(false), options)
  // Firefox decides before `pagehide` whether a page may be kept, and keeps none that holds a lock.
  addEventListener('beforeunload', release, options)
  addEventListener('pagehide', () => {
    away = true
    leave(true)
  }, options)
  addEventListener('pageshow', ({ persisted }) => {
    away = false
    if (persisted) restored()
  }, options)
  addEventListener('online', awake, options)
}
