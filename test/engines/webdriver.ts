import { setTimeout as sleep } from 'node:timers/promises'

/** One command of the WebDriver protocol. @see https://www.w3.org/TR/webdriver2/ */
export type Command = <Value>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<Value>

export function webDriver(origin: string): Command {
  return async (method, path, body) => {
    const response = await fetch(origin + path, { method, ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }) })
    const { value } = (await response.json()) as { value: { error?: string; message?: string } }
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`)
    return value as never
  }
}

/** Resolves when something answers at `url`. */
export async function answering(url: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer()
      return
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`nothing answers at ${url}`, { cause: error })
      await sleep(50)
    }
  }
}
