import { fileURLToPath } from 'node:url'
import TerserPlugin from 'terser-webpack-plugin'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const shared = {
  mode: 'production',
  devtool: 'source-map',
  target: ['web', 'es2020'],
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'swc-loader',
        options: { jsc: { target: 'es2020', parser: { syntax: 'typescript' } } },
      },
    ],
  },
  optimization: {
    minimizer: [
      new TerserPlugin({
        extractComments: false,
        terserOptions: {
          ecma: 2020,
          compress: { passes: 3, unsafe_arrows: true },
          format: { comments: false },
        },
      }),
    ],
  },
  performance: false,
}

/** The file for a `<script>`: sets `window.amberfloDestination`, with or without an AMD loader on the page. */
const script = {
  ...shared,
  name: 'script',
  entry: { 'amberflo.min': here('src/cdn.ts') },
  output: {
    path: here('dist/cdn'),
    filename: '[name].js',
    library: { name: 'amberfloDestination', type: 'window', export: 'default' },
    publicPath: 'auto',
    clean: false,
  },
}

export default [script]
