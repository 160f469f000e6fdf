/** `npm run fuzz`: bundles the fuzzer, which is TypeScript, and runs it. */
import { spawnSync } from 'node:child_process'
import { build } from 'esbuild'

const outfile = 'node_modules/.cache/fuzz.mjs'
await build({ entryPoints: ['test/collector/fuzz/main.ts'], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' })
process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
