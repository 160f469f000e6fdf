import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './support/command.js'
import { openWorkshop, type Project, type Workshop } from './support/workshop.js'

jest.setTimeout(120_000)

let workshop: Workshop
let project: Project

beforeAll(async () => {
  workshop = await openWorkshop()
  project = await workshop.project('test/package/consumers/bare')
})
afterAll(() => workshop?.close())

interface Tree {
  /** Absent where npm only tells of an optional peer that is not there. */
  version?: string
  dependencies?: Record<string, Tree>
}
const installed = (tree: Tree): string[] =>
  Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) => (below.version ? [name, ...installed(below)] : []))

it('brings none of Segment’s packages into a project', async () => {
  const names = installed(JSON.parse(await project.run('npm', ['ls', '--all', '--json'])) as Tree)
  expect(names).toContain('amberflo-destination')
  expect(names.filter((name) => name.includes('segment'))).toEqual([])
})

it('is packed with what it names, and with nothing but the build', async () => {
  const [{ files }] = JSON.parse(await command(process.cwd(), 'npm', ['pack', '--dry-run', '--json', '--ignore-scripts'])) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  expect(paths.filter((path) => !/^(dist\/|README\.md$|LICENSE$|package\.json$)/.test(path))).toEqual([])
  const { main, types, unpkg, jsdelivr, bin } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, string> & { bin: Record<string, string> }
  const named = [main, types, unpkg, jsdelivr, ...Object.values(bin)].map((path) => path!.replace('./', ''))
  expect(paths).toEqual(expect.arrayContaining([...named, 'README.md', 'LICENSE']))
})

it('is well-formed to publint', async () => {
  await command(process.cwd(), 'node_modules/.bin/publint', ['--strict', workshop.tarball])
})

it('has the right types for ESM in Node and in bundlers', async () => {
  await command(process.cwd(), 'node_modules/.bin/attw', [workshop.tarball, '--profile', 'esm-only', '--no-definitely-typed'])
})

it('has types for who has none of Segment’s packages', async () => {
  const check = async (settings: string): Promise<string> => {
    await writeFile(join(project.folder, 'page.ts'), `import { amberflo, type AmberfloSettings, type Receipt } from 'amberflo-destination'\nconst receipts: Receipt[] = []\nconst settings: AmberfloSettings = ${settings}\namberflo(settings)\n`)
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext']
    return command(project.folder, join(process.cwd(), 'node_modules/.bin/tsc'), [...options, 'page.ts'])
  }
  await check("{ collectorUrl: '/usage', onReceipt: (receipt) => void receipts.push(receipt) }")
  await expect(check('{ collectorUrl: 5 }')).rejects.toThrow('TS2322')
})

it('keeps its insides to itself', async () => {
  await expect(project.run('node', ['-e', 'import("amberflo-destination/dist/index.js")'])).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
})

/** A program that sees what the import of the browser part does to a process without a browser. */
const witness = `
const touched = []
for (const name of ['window', 'document', 'location', 'navigator', 'localStorage', 'sessionStorage', 'indexedDB', 'self']) {
  Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) })
}
const timers = []
for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'addEventListener']) {
  const real = globalThis[name]
  globalThis[name] = (...args) => (timers.push(name), real?.(...args))
}
const before = Object.getOwnPropertyNames(globalThis)
const { amberflo, default: same } = await import('amberflo-destination')
const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
const plugin = amberflo({ collectorUrl: '/usage', token: () => 'x' })
console.log(JSON.stringify({ touched, timers, added, same: amberflo === same, name: plugin.name, type: plugin.type }))
`

it('does nothing and touches nothing when imported on a server, and makes a plugin there', async () => {
  await writeFile(join(project.folder, 'witness.mjs'), witness)
  expect(JSON.parse(await project.run('node', ['witness.mjs']))).toEqual({
    touched: [],
    timers: [],
    added: [],
    same: true,
    name: 'Amberflo',
    type: 'destination',
  })
})

it('can be required, since every supported Node that is still maintained requires ES modules', async () => {
  const print = 'const { amberflo, default: same } = require("amberflo-destination"); const { createCollector } = require("amberflo-destination/collector"); console.log(typeof amberflo, amberflo === same, typeof createCollector)'
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const requires = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
  const required = project.run('node', ['-e', print])
  if (requires) expect(await required).toBe('function true function\n')
  else await expect(required).rejects.toThrow('ERR_REQUIRE_ESM')
})

it('has its collector’s command', async () => {
  await expect(project.run('amberflo-collector', [], { AMBERFLO_API_KEY: '' })).rejects.toThrow('AMBERFLO_API_KEY')
})

it('has a sandbox that runs with nothing beside it', async () => {
  const sandbox = spawn(process.execPath, ['node_modules/amberflo-destination/dist/sandbox.js'], { cwd: project.folder, env: { ...process.env, PORT: '0' } })
  try {
    const [said] = (await Promise.race([once(sandbox.stdout, 'data'), once(sandbox.stderr, 'data')])) as [Buffer]
    const url = /^listening on (\S+)\n$/.exec(said.toString())?.[1]
    expect([said.toString(), await (await fetch(`${url}/sandbox/records`)).json()]).toEqual([expect.stringContaining('listening'), []])
  } finally {
    sandbox.kill()
  }
})

it('names a built file for its address on a CDN, with its hash', async () => {
  const cdn = join(project.folder, 'node_modules/amberflo-destination/dist/cdn')
  const { version } = JSON.parse(await readFile(join(cdn, '../../package.json'), 'utf8')) as { version: string }
  const hashes = JSON.parse(await readFile(join(cdn, 'integrity.json'), 'utf8')) as Record<string, string>
  const script = await readFile(join(cdn, `amberflo-${version}.min.js`))
  const hash = Buffer.from(await crypto.subtle.digest('SHA-384', new Uint8Array(script))).toString('base64')
  expect(hashes[`amberflo-${version}.min.js`]).toBe(`sha384-${hash}`)
  expect(await readFile(join(cdn, 'amberflo.min.js'))).toEqual(script)
  await expect(readFile(join(cdn, 'amberflo.min.js.map'), 'utf8')).resolves.toContain('src/plugin/amberflo.ts')
})
