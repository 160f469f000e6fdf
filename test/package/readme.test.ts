import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { command } from './support/command.js'

const readme = readFileSync('README.md', 'utf8')

it('quotes the settings as they are, and the hash and size of the file that was built', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/readme.mjs', '--check'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

it('links to files that exist', () => {
  const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target]) => target!)
  expect(targets.length).toBeGreaterThan(5)
  expect(targets.filter((target) => !existsSync(target))).toEqual([])
})

it('names commands that exist', () => {
  const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<'scripts' | 'bin', Record<string, string>>
  const named = [...readme.matchAll(/\bnpm (start|test|run ([\w-]+))/g)].map(([, command, script]) => script ?? command!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
  const run = [...readme.matchAll(/\bnode_modules\/\.bin\/([\w-]+)/g)].map(([, name]) => name!)
  expect(run).not.toEqual([])
  expect(run.filter((name) => !(name in bin))).toEqual([])
  // Where nothing is installed, it would run what the registry has under that name, with the key in its environment.
  expect(readme).not.toMatch(/\bnpx /)
})

it('shows ways to load it that TypeScript takes', async () => {
  const [install] = /^## Install[^]*?(?=^## )/m.exec(readme)!
  const programs = [...install.matchAll(/```js\n([^]*?)```/g)].map(([, program]) => program!)
  expect(programs).toHaveLength(2)
  mkdirSync('.cache', { recursive: true })
  const folder = mkdtempSync('.cache/readme-')
  try {
    const files = programs.map((program, index) => {
      const file = `${folder}/${index}.ts`
      writeFileSync(file, program.includes('import ') ? program : `import { AnalyticsBrowser } from '@segment/analytics-next'\n${program}`)
      return file
    })
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--ignoreConfig']
    await command(process.cwd(), 'node_modules/.bin/tsc', [...options, ...files])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
