import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'

let built: string | undefined

/** The collector's program, built once for each process that asks. */
export function program(): string {
  if (built) return built
  mkdirSync('.cache', { recursive: true })
  removeOld()
  // Inside the project, so that its dependencies are found.
  const directory = mkdtempSync('.cache/collector-')
  const settings = ['--bundle', '--platform=node', '--format=esm', '--target=node20', '--packages=external', '--splitting', '--log-level=warning']
  execFileSync('node_modules/.bin/esbuild', ['src/collector/server/bin.ts', ...settings, `--outdir=${directory}`], { stdio: 'inherit' })
  return (built = `${directory}/bin.js`)
}

/** Jest tells no module that its process ends, so the next run tidies up. */
function removeOld() {
  const old = readdirSync('.cache').filter((name) => name.startsWith('collector-'))
  for (const path of old.map((name) => `.cache/${name}`)) {
    if (Date.now() - statSync(path).mtimeMs > 60 * 60 * 1000) rmSync(path, { recursive: true, force: true })
  }
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RunningCollector {
  url: string
  /** What it wrote so far. */
  stdout(): string
  stderr(): string
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
  ended: Promise<Ended>
  signal(signal: NodeJS.Signals): void
}

type Environment = Record<string, string>

/** Runs the program with this environment and no other. */
export function run(env: Environment, args: string[] = []): { child: ChildProcess; stdout(): string; stderr(): string; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program(), ...args], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** A collector that believes the client, on a free port. Rejects when it ends instead of listening. */
export async function startCollector(env: Environment, args = ['--trust-client']): Promise<RunningCollector> {
  const { child, stdout, stderr, ended } = run({ PORT: '0', HOST: '127.0.0.1', ...env }, args)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [, found] = /^listening on (\S+)$/m.exec(stdout()) ?? []
      if (found) resolve(found)
    })
    void ended.then(() => reject(new Error(`the collector ended: ${stderr()}`)))
  })
  return {
    url,
    stdout,
    stderr,
    ended,
    signal: (signal) => void child.kill(signal),
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}
