import type { IncomingMessage, ServerResponse } from 'node:http'

/** What goes wrong with a request on its way to the collector or back. */
export type Trouble =
  /** A proxy or the collector answers this instead of taking the batch, with the headers that let the page read it. */
  | { kind: 'answer'; status: number; headers?: Record<string, string> }
  /** The collector takes the batch; the connection breaks before its answer. */
  | { kind: 'answer lost' }
  /** The connection breaks while the body is on its way. */
  | { kind: 'reset' }
  /** Nothing is wrong but the time that the answer takes. */
  | { kind: 'slow'; ms: number }

interface Planned {
  trouble: Trouble
  /** How many more requests it meets. */
  times: number
  /** Only bodies larger than this, in bytes. */
  over: number
}

export interface Troubles {
  /** From now on, until `times` requests have met it or `end` is called. */
  make(trouble: Trouble, limits?: { times?: number; over?: number }): void
  end(): void
  take(bodyBytes: number): Trouble | undefined
}

export function createTroubles(): Troubles {
  let planned: Planned | undefined
  return {
    make(trouble, { times = Infinity, over = -1 } = {}) {
      planned = { trouble, times, over }
    },
    end() {
      planned = undefined
    },
    take(bodyBytes) {
      if (!planned || bodyBytes <= planned.over) return undefined
      const { trouble } = planned
      if (--planned.times <= 0) planned = undefined
      return trouble
    },
  }
}

/** Breaks the connection so that the browser sees a reset, not an end. */
export function breakOff(request: IncomingMessage): void {
  request.socket.resetAndDestroy()
}

/** What every answer to an allowed origin carries. */
export function answerInstead(request: IncomingMessage, response: ServerResponse, { status, headers }: Extract<Trouble, { kind: 'answer' }>): void {
  response.writeHead(status, {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    vary: 'Origin',
    ...headers,
  })
  response.end()
}
