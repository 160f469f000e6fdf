import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveSandbox } from '../../../src/sandbox/index.js'
import { startRedis } from '../../../src/collector/testing/redis.js'
import { startCollector } from '../support/program.js'
import type { RunningCollector } from '../support/program.js'
import { judge } from '../support/verdict.js'
import type { Verdict } from '../support/verdict.js'
import { startVisitors } from '../support/visitors.js'

export interface KillScenario {
  name: string
  spool: 'sqlite' | 'redis'
  collectors: number
  /** What is killed. */
  victim: 'collector' | 'redis'
  kills: number
}

export interface KillResult extends Verdict {
  kills: number
  bodies: number
  /** Bodies that a kill, or what it left behind, left without a 200; each was sent again. */
  failed: number
  /** Records that arrived at the sandbox, those it discarded as equal included. */
  arrived: number
  /** Exit codes of the last collectors after SIGTERM. */
  exits: (number | null)[]
  seconds: number
}

const apiKey = 'kill-test-key'

async function openPlace(spool: KillScenario['spool']) {
  if (spool === 'redis') {
    const redis = await startRedis()
    return {
      url: redis.url,
      async strike() {
        await redis.kill()
        await redis.restart()
      },
      close: () => redis.stop(),
    }
  }
  const directory = await mkdtemp(join(tmpdir(), 'kill-'))
  return {
    url: `sqlite:${join(directory, 'spool.db')}`,
    strike: () => Promise.reject(new Error('a file cannot be killed')),
    close: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Resolves when something more was accepted: each kill hits a collector at work. */
async function oneMore(accepted: ReadonlyMap<string, unknown>) {
  const before = accepted.size
  for (const giveUpAt = Date.now() + 20_000; accepted.size === before; await sleep(5)) {
    if (Date.now() > giveUpAt) throw new Error('nothing is accepted any more')
  }
}

/** Kills with SIGKILL, again and again, while visitors meter; then lets everything come to rest and judges. */
export async function runKills({ spool, collectors, victim, kills }: KillScenario): Promise<KillResult> {
  const startedAt = performance.now()
  const sandbox = await serveSandbox({ apiKey })
  const place = await openPlace(spool)
  const env = {
    AMBERFLO_API_KEY: apiKey,
    AMBERFLO_URL: sandbox.url,
    COLLECTOR_SPOOL: place.url,
    COLLECTOR_SPOOL_LEASE_MS: '3000',
    COLLECTOR_RATE_PER_CUSTOMER: 'off',
    COLLECTOR_RATE_PER_IP: 'off',
    COLLECTOR_LOG_LEVEL: 'silent',
  }
  const start = () => startCollector(env)
  let running: RunningCollector[] = []
  try {
    running = await Promise.all(Array.from({ length: collectors }, start))
    const visitors = startVisitors({ url: () => (running[Math.floor(Math.random() * running.length)] as RunningCollector).url, count: 12 })
    for (let kill = 0; kill < kills; kill++) {
      await oneMore(visitors.told.accepted)
      await sleep(Math.random() * 300)
      if (victim === 'redis') {
        await place.strike()
        continue
      }
      const index = kill % collectors
      await running[index]?.end('SIGKILL')
      running[index] = await start()
    }
    const told = await visitors.stop()
    const verdict = await judge(sandbox.url, told, 60_000)
    const exits = await Promise.all(running.map(async (collector) => (await collector.end('SIGTERM')).code))
    const { received } = (await (await fetch(`${sandbox.url}/sandbox/stats`)).json()) as { received: number }
    return { ...verdict, kills, bodies: told.bodies, failed: told.failed, arrived: received, exits, seconds: Math.round((performance.now() - startedAt) / 1000) }
  } finally {
    await Promise.all(running.map((collector) => collector.end('SIGKILL')))
    await sandbox.close()
    await place.close()
  }
}
