import { cp, mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './support/command.js'

jest.setTimeout(180_000)

const sources = ['src', 'scripts', 'webpack.config.js', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json', 'README.md', 'LICENSE']

let clone: string
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'amberflo-clone-'))
  for (const path of sources) await cp(path, join(clone, path), { recursive: true })
  await symlink(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'))
})
afterAll(() => rm(clone, { recursive: true, force: true }))

/** The paths of what `npm pack` puts into the tarball. */
async function pack(): Promise<string[]> {
  const printed = await command(clone, 'npm', ['pack', '--dry-run', '--json', '--foreground-scripts=false'])
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path)
}

it('builds what is missing before it is packed, as after a build without types, and only then', async () => {
  await cp('dist', join(clone, 'dist'), { recursive: true, filter: (path) => path !== join('dist', 'types') })
  expect(await pack()).toEqual(expect.arrayContaining(['dist/index.js', 'dist/collector.js', 'dist/cdn/amberflo.min.js', 'dist/types/index.d.ts']))

  const built = async (): Promise<number> => (await stat(join(clone, 'dist/index.js'))).mtimeMs
  const before = await built()
  await pack()
  expect(await built()).toBe(before)
})
