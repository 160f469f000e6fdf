import { createBeacon } from './beacon/index.js'
import { createFactory } from './plugin/index.js'
import { version } from './version.js'

declare global {
  interface Window {
    amberfloDestination: ReturnType<typeof createFactory>
  }
}

// Only known while the script is evaluated.
const script = document.currentScript as HTMLScriptElement | null

// Assigned here, for a bundler's wrapper around exports costs a hundred bytes, and may leave it to an AMD loader.
// The other file is a module: `import()` passes on the script's nonce, is no sink for Trusted Types, and needs no global
// function to call back.
window.amberfloDestination = createFactory(
  createBeacon,
  (attempt) => import(/* webpackIgnore: true */ new URL(`amberflo-${version}.subscriptions.min.js?${attempt}`, script!.src) as unknown as string),
)
