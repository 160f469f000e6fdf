import { createHash } from 'node:crypto'
import type * as Redis from '@redis/client'
import { inTime } from '../in-time.js'
import { isAbsent, load } from './load.js'

/** A command that takes longer is given up; whether it was done is then not known. */
const ANSWERS_MS = 5_000
const CONNECT_ATTEMPTS = 3

export interface RedisConnection {
  command<T>(...args: (string | number)[]): Promise<T>
  /** Runs a script that needs no KEYS: all of this package's keys share one hash slot. */
  run<T>(script: string, ...args: (string | number)[]): Promise<T>
  close(): Promise<void>
}

/**
 * Connects to Redis, and again whenever the connection is lost. Meanwhile commands are refused rather than
 * kept back: who waits for an answer has to know.
 * @throws Error when `@redis/client` is not installed, or Redis cannot be reached
 */
export async function connectRedis(url: string): Promise<RedisConnection> {
  const { createClient } = await load<typeof Redis>('@redis/client').catch((error: unknown) => {
    throw isAbsent(error) ? new Error('the Redis client is not installed: npm install @redis/client') : error
  })

  let wasConnected = false
  const reconnectStrategy = (retries: number, cause: Error) =>
    !wasConnected && retries + 1 >= CONNECT_ATTEMPTS ? new Error(cause.message) : Math.min(2_000, 50 * 2 ** retries)
  const client = createClient({ url, RESP: 2, disableOfflineQueue: true, socket: { connectTimeout: ANSWERS_MS, reconnectStrategy } })
  // Each command that fails says so itself.
  client.on('error', () => undefined)
  await client.connect()
  wasConnected = true

  const command = <T>(...args: (string | number)[]) => inTime(client.sendCommand<T>(args.map(String)), ANSWERS_MS)
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
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
        return command<T>('EVAL', script, 0, ...args)
      }
    },
    async close() {
      await inTime(client.close(), ANSWERS_MS).catch(() => client.destroy())
    },
  }
}
