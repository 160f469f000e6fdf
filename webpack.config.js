import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import TerserPlugin from 'terser-webpack-plugin'
import { standIns } from './scripts/stand-ins.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8'))

const bySwc = (mangle, unsafe_regexp) => ({ ecma: 2021, module: true, toplevel: true, compress: { passes: 3, sequences: false, unsafe_regexp }, mangle })

/** swc finds what terser does not, and the other way round: so swc goes before and after. Names are given by the last two. */
const minimizer = (mangle, unsafe_regexp) =>
  new TerserPlugin({
    extractComments: false,
    minify: [TerserPlugin.swcMinify, TerserPlugin.terserMinify, TerserPlugin.swcMinify],
    terserOptions: [
      bySwc(false, unsafe_regexp),
      // Without `evaluate` less is folded, and more of it looks alike to what compresses it.
      { ecma: 2021, module: true, compress: { passes: 4, unsafe_arrows: true, keep_fargs: false, evaluate: false }, mangle, format: { comments: false } },
      bySwc(true, unsafe_regexp),
    ],
  })

/**
 * Names of properties that stay within the script: not public, sent, stored, looked up by a text as the table of states
 * is, or the DOM's where the script uses them.
 */
const internal = `
  accept dueAt forget hurry knows limits most newId onFate onRetry post proofOf receipts
  release renewed seen retryAfter send state takeOver tries url visible
`

const shared = {
  mode: 'production',
  devtool: 'source-map',
  target: ['web', 'es2021'],
  resolve: {
    extensionAlias: { '.js': ['.ts', '.js'] },
    alias: Object.fromEntries(Object.entries(standIns).map(([name, file]) => [`${name}$`, here(file)])),
  },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'swc-loader',
        options: { jsc: { target: 'es2021', parser: { syntax: 'typescript' } } },
      },
    ],
  },
  optimization: { minimizer: [minimizer({}, false)] },
  performance: false,
}

const output = { path: here('dist/cdn'), filename: '[name].js', publicPath: 'auto' }

/** The file for a `<script>`, which sets `window.amberfloDestination`. */
const script = {
  ...shared,
  name: 'script',
  entry: { 'amberflo.min': here('src/cdn.ts') },
  output,
  // Patterns may be put where they are used: none of ours is kept that is global or sticky, and so has a state.
  optimization: { minimizer: [minimizer({ properties: { builtins: true, regex: new RegExp(`^(${internal.trim().replace(/\s+/g, '|')})$`) } }, true)] },
}

/** What that script imports where there are subscriptions. */
const subscriptions = {
  ...shared,
  name: 'subscriptions',
  entry: { [`amberflo-${version}.subscriptions.min`]: here('src/plugin/subscriptions/index.ts') },
  output: { ...output, library: { type: 'module' } },
  experiments: { outputModule: true },
}

export default [script, subscriptions]
