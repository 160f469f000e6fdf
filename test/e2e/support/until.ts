import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again until `met` holds for what `read` gives; fails with the last of it. */
export async function until<Value>(read: () => Value | Promise<Value>, met: (value: Value) => boolean, withinMs = 15_000): Promise<Value> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const value = await read()
    if (met(value)) return value
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(value)?.slice(0, 2000)}`)
    await sleep(50)
  }
}
