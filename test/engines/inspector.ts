import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

export interface Inspector {
  /** The value of a promise inside the page. */
  evaluate<Value>(expression: string): Promise<Value>
  /** Resolves when the page has loaded. */
  goto(url: string): Promise<void>
  back(): Promise<void>
  close(): void
}

interface Message {
  id?: number
  method?: string
  params?: { targetId?: string; newTargetId?: string; message?: string; targetInfo?: { targetId: string; isProvisional?: boolean } }
  result?: Record<string, unknown>
  error?: { message: string }
}

interface RemoteObject {
  type: string
  value?: unknown
  objectId?: string
  description?: string
}

/**
 * WebKit's remote inspector at one page: commands to the page travel inside `Target.sendMessageToTarget`.
 * @see https://github.com/WebKit/WebKit/tree/main/Source/JavaScriptCore/inspector/protocol
 */
export async function inspect(url: string): Promise<Inspector> {
  const waiting = new Map<number, (message: Message) => void>()
  let target: string | undefined
  let loads = 0
  let lastId = 0

  function heard({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) waiting.get(id)?.({ id, ...rest })
    if (method === 'Target.targetCreated' && !params?.targetInfo?.isProvisional) target = params?.targetInfo?.targetId
    if (method === 'Target.didCommitProvisionalTarget') target = params?.newTargetId
    if (method === 'Target.dispatchMessageFromTarget') heard(JSON.parse(params!.message!) as Message)
    if (method === 'Page.loadEventFired') loads += 1
  }
  const socket = new WebSocket(url)
  socket.on('message', (bytes) => heard(JSON.parse(String(bytes)) as Message))

  function command(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++lastId
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result ?? {})
      })
      socket.send(JSON.stringify({
        id: ++lastId,
        method: 'Target.sendMessageToTarget',
        params: { targetId: target, message: JSON.stringify({ id, method, params }) },
      }))
    })
  }

  async function navigation(method: string, params: object): Promise<void> {
    // An error where it is enabled already: a new process of the page has it off again.
    await command('Page.enable', {}).catch(() => undefined)
    const before = loads
    await command(method, params)
    await until(() => loads > before, 'the page to load')
  }

  await until(() => target !== undefined, 'a page to inspect')

  return {
    async evaluate(expression) {
      const { result: promise } = (await command('Runtime.evaluate', { expression })) as { result: RemoteObject }
      if (!promise.objectId) throw new Error(promise.description ?? `not a promise: ${expression}`)
      const { result } = (await command('Runtime.awaitPromise', { promiseObjectId: promise.objectId, returnByValue: true })) as { result: RemoteObject }
      return result.value as never
    },
    goto: (url) => navigation('Page.navigate', { url }),
    back: () => navigation('Runtime.evaluate', { expression: 'void history.back()' }),
    close: () => socket.terminate(),
  }
}

/** The sockets of all pages, once there are `count`. A page that is not listed yet takes a socket and never speaks. */
export async function pageSockets(port: number, count: number): Promise<string[]> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const list = await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), () => '')
    const paths = list.match(/\/socket\/\d+\/\d+\/WebPage/g) ?? []
    if (paths.length >= count) return paths.map((path) => `ws://127.0.0.1:${port}${path}`)
    if (Date.now() > deadline) throw new Error(`WebKit's inspector lists ${paths.length} of ${count} pages`)
    await sleep(100)
  }
}

async function until(met: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!met()) {
    if (Date.now() > deadline) throw new Error(`waited 30 s for ${what}`)
    await sleep(20)
  }
}
