import { createBeacon } from './beacon/index.js'
import { createFactory } from './plugin/index.js'
import { version } from './version.js'

// Only known while the script is evaluated.
const script = document.currentScript as HTMLScriptElement | null

/**
 * What the CDN's `<script>` sets as `window.amberfloDestination`. Its other file is a module: `import()` passes on the
 * script's nonce, is no sink for Trusted Types, and needs no global function to call back.
 */
export default createFactory(createBeacon, (attempt) => import(
  /* webpackIgnore: true */ new URL(`amberflo-${version}.subscriptions.min.js?${attempt}`, script?.src).href
))
