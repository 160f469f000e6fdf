import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestRedis {
  url: string
  /** Stops it where it is, as a machine that hangs, and lets it go on. */
  freeze(): void
  thaw(): void
  /** Kills it as a crash would. */
  kill(): Promise<void>
  /** Starts it again on what it left on the disk. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * A Redis of the test's own, that answers only when its file is on the disk.
 * @throws Error that says what to install
 */
export async function startRedis(): Promise<TestRedis> {
  if (spawnSync('redis-server', ['--version']).error) {
    throw new Error('these tests need Redis: apt-get install redis-server (macOS: brew install redis)')
  }
  const directory = await mkdtemp(join(tmpdir(), 'redis-'))
  const port = await freePort()
  let server = await start(port, directory)
  const kill = () => ended(server, 'SIGKILL')
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill,
    async restart() {
      server = await start(port, directory)
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    server.once('exit', () => resolve())
    server.kill(signal)
  })
}

function start(port: number, directory: string): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let log = ''
    server.stdout.on('data', (chunk: Buffer) => {
      log += String(chunk)
      if (log.includes('Ready to accept connections')) resolve(server)
    })
    server.once('exit', () => reject(new Error(`redis-server ended:\n${log}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
