import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as Redis from '@redis/client'
import { inTime } from '../in-time.js'
import { isAbsent, load } from './load.js'

/** A command that takes longer is given up; whether it was done is then not known. */
const ANSWERS_MS = 5_000
const CONNECT_ATTEMPTS = 3
const CONNECT_AGAIN_AFTER_MS = 100
const RECONNECT_AFTER_MS = 500

/** What says that a connection leads nowhere, or to a Redis that does not take writes: a replica, or one that starts. */
const spoiling = ['ETIMEDOUT', 'READONLY', 'LOADING', 'MASTERDOWN']

export interface RedisConnection {
  /** Rejects with an error whose `code` is the first word of Redis's own, such as `OOM`. */
  command<T>(...args: (string | number)[]): Promise<T>
  /** Runs a script that needs no KEYS: all of this package's keys share one hash slot. */
  run<T>(script: string, ...args: (string | number)[]): Promise<T>
  close(): Promise<void>
}

type Client = ReturnType<typeof Redis.createClient>
type Coded = Error & { code?: string }

/**
 * Connects to Redis, and anew whenever the connection is lost, does not answer, or leads to a Redis that takes no
 * writes: after a failover the name may lead to another one. What was in hand is then rejected, done or not, and
 * commands are refused until there is a connection, rather than kept back: who waits for an answer has to know.
 * @throws Error when `@redis/client` is not installed, or Redis cannot be reached
 */
export async function connectRedis(url: string): Promise<RedisConnection> {
  const { createClient, ErrorReply } = await load<typeof Redis>('@redis/client').catch((error: unknown) => {
    throw isAbsent(error) ? new Error('the Redis client is not installed: npm install @redis/client') : error
  })

  let client: Client | null = null
  let trouble = new Error('not connected')
  let closed = false

  async function connect(): Promise<void> {
    const fresh: Client = createClient({ url, RESP: 2, disableOfflineQueue: true, socket: { connectTimeout: ANSWERS_MS, reconnectStrategy: false } })
    fresh.on('error', (error: Error) => drop(fresh, error))
    try {
      // Beyond the time to connect: whoever took the connection may say nothing.
      await inTime(fresh.connect(), 2 * ANSWERS_MS)
    } catch (error) {
      destroy(fresh)
      throw error
    }
    if (closed) destroy(fresh)
    else client = fresh
  }

  /** All that is in hand says so at about the same time: only the first drops a connection. */
  function drop(bad: Client, error: Error) {
    if (client !== bad) return
    client = null
    trouble = error
    destroy(bad)
    if (!closed) void reconnect()
  }

  async function reconnect() {
    while (client === null) {
      await sleep(RECONNECT_AFTER_MS)
      if (closed) return
      await connect().catch((error: Error) => (trouble = error))
    }
  }

  for (let attempt = 1; client === null; attempt++) {
    await connect().catch((error: unknown) => {
      if (attempt === CONNECT_ATTEMPTS) throw error
      return sleep(CONNECT_AGAIN_AFTER_MS)
    })
  }

  async function command<T>(...args: (string | number)[]): Promise<T> {
    const current = client
    if (current === null) throw trouble
    try {
      return await inTime(current.sendCommand<T>(args.map(String)), ANSWERS_MS)
    } catch (error) {
      const coded = error as Coded
      if (error instanceof ErrorReply) coded.code = /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR'
      if (spoiling.includes(coded.code ?? '')) drop(current, coded)
      throw error
    }
  }

  const hashes = new Map<string, string>()
  const hashOf = (script: string) => {
    const hash = hashes.get(script) ?? createHash('sha1').update(script).digest('hex')
    hashes.set(script, hash)
    return hash
  }

  return {
    command,
    async run<T>(script: string, ...args: (string | number)[]) {
      try {
        return await command<T>('EVALSHA', hashOf(script), 0, ...args)
      } catch (error) {
        if ((error as Coded).code !== 'NOSCRIPT') throw error
        return command<T>('EVAL', script, 0, ...args)
      }
    },
    async close() {
      closed = true
      const current = client
      if (current !== null) await inTime(current.close(), ANSWERS_MS).catch(() => destroy(current))
    },
  }
}

/** Rejects what is in hand. One that was lost may be destroyed already. */
function destroy(client: Client) {
  try {
    client.destroy()
  } catch {
    // It is closed: all that was wanted.
  }
}
