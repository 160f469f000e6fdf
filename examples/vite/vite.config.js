import { defineConfig } from 'vite'
import { createUsage } from './usage.js'

/** Vite's server stands in for the app's own, which would have these two routes. */
function serveUsage({ middlewares }) {
  const { collect, token } = createUsage(process.env)
  middlewares.use('/usage/token', token)
  middlewares.use('/usage', collect)
}

export default defineConfig({
  plugins: [{ name: 'usage', configureServer: serveUsage, configurePreviewServer: serveUsage }],
})
