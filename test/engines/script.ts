type Work = (...args: never[]) => unknown

/** An expression that calls `work` with `args` inside a page. Its value is a promise of `{ value }` or `{ error }`. */
export function callExpression(work: Work, args: unknown[]): string {
  const list = args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(', ')
  return `Promise.resolve().then(() => (${work.toString()})(${list}))`
    + ".then((value) => ({ value }), (error) => ({ error: error + '\\n' + (error && error.stack) }))"
}

/** What `callExpression` came to. */
export function outcome<Result>(result: { value?: Result; error?: string }): Result {
  if (result.error !== undefined) throw new Error(`in the page: ${result.error}`)
  return result.value as Result
}

/** Keeps the page's own thread busy, so that its process can be told from the others. */
export function spin(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
