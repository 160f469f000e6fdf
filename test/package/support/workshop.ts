import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { command } from './command.js'

const root = process.cwd()

export interface Project {
  folder: string
  /** Runs one of the project's own programs, or Node or npm. */
  run(program: string, args: string[], env?: NodeJS.ProcessEnv): Promise<string>
}

export interface Workshop {
  /** What `npm publish` would publish. */
  tarball: string
  /** A copy of a folder with a `package.json`, with the tarball and `dependencies` installed from npm. */
  project(source: string, dependencies?: Record<string, string>): Promise<Project>
  close(): Promise<void>
}

/** A temporary folder with the packed package, in which projects use it as strangers do. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'amberflo-package-'))
  const [packed] = JSON.parse(await command(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])) as [{ filename: string }]
  const tarball = join(folder, packed.filename)
  // Examples are started by the script beside them, which looks for the build beside that.
  await cp(join(root, 'examples/start.mjs'), join(folder, 'examples/start.mjs'))
  await symlink(join(root, 'dist'), join(folder, 'dist'))

  return {
    tarball,
    async project(source, dependencies = {}) {
      const copy = join(folder, 'examples', basename(source))
      await cp(join(root, source), copy, { recursive: true, filter: (path) => !/node_modules|\.next|\/dist$/.test(path.slice(root.length)) })
      const file = join(copy, 'package.json')
      const manifest = JSON.parse(await readFile(file, 'utf8')) as { dependencies: Record<string, string> }
      manifest.dependencies = { ...manifest.dependencies, 'amberflo-destination': `file:${tarball}`, ...dependencies }
      await writeFile(file, JSON.stringify(manifest))
      await command(copy, 'npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'])
      const path = `${join(copy, 'node_modules/.bin')}:${process.env.PATH}`
      return {
        folder: copy,
        run: (program, args, env) => command(copy, program, args, { PATH: path, ...env }),
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
