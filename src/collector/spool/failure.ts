/**
 * What may be told of a spool's failure: the error's name, and its code where it has one, such as `SQLITE_FULL`,
 * `READONLY` or `ECONNREFUSED`. Its message could quote what was to be written.
 */
export function describeFailure(error: unknown): { error: string; cause?: string } {
  const { name, code, errcode } = (error ?? {}) as { name?: unknown; code?: unknown; errcode?: unknown }
  const cause = typeof code === 'string' && /^[A-Z][A-Z\d_]{1,40}$/.test(code) ? code : undefined
  return {
    error: error instanceof Error || cause !== undefined ? String(name) : typeof error,
    // `node:sqlite` has one code for all, and SQLite's own as a number.
    ...(cause === undefined ? {} : { cause: typeof errcode === 'number' ? `${cause} ${errcode}` : cause }),
  }
}
