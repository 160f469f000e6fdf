/** What the CDN's `<script>` sets as `window.amberfloDestination`. */
export { amberflo as default } from './index.js'
