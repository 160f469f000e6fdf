/**
 * What may be told of a failure of the spool or on the way to Amberflo: the kind of error, and its code where it or its
 * cause has one, such as `SQLITE_FULL`, `READONLY` or `ECONNREFUSED`. Its message could quote what was to be written or sent.
 */
export function describeFailure(error: unknown): { error: string; cause?: string } {
  if (typeof error !== 'object' || error === null) return { error: typeof error }
  const { name, cause, errcode } = error as { name?: unknown; cause?: { code?: unknown } | null; errcode?: unknown }
  const { code = cause?.code } = error as { code?: unknown }
  // Many kinds do not name themselves.
  const kind = name === 'Error' ? error.constructor.name : String(name)
  if (typeof code !== 'string' || !/^[A-Z][A-Z\d_]{1,40}$/.test(code)) return { error: kind }
  // `node:sqlite` has one code for all, and SQLite's own as a number.
  return { error: kind, cause: typeof errcode === 'number' ? `${code} ${errcode}` : code }
}
