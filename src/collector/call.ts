/** One request as the collector sees it, whatever it came in: `web.ts` and `node.ts` make it. */
export interface Call {
  readonly method: string
  /** The request's target: a path, or a whole URL. */
  readonly url: string
  /** The host that was asked for, with its port where it is not the usual one; `null` when that is unknown. */
  host(): string | null
  /** A header's value, by its name in lower case. */
  header(name: string): string | null
  /** The whole body; never more than a little over `maxBytes` of it are read, and for no longer than `withinMs`. */
  read(maxBytes: number, withinMs: number): Promise<Uint8Array | BodyFault>
  /** The address of the other end of the connection, where that is known. */
  readonly ip: string | undefined
  /** The same as a web request, made when somebody asks for it. Its body may have been read. */
  request(): Request
}

/** `cut_short`: the sender went away in the middle. */
export type BodyFault = 'too_large' | 'too_slow' | 'cut_short'

/** What is answered to a call. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string | null
}
