import { isAbsent, load } from './load.js'

/** What the spool needs of SQLite; both drivers have it under these names. */
export interface Statement {
  run(...values: unknown[]): { changes: number | bigint }
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
}

export interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): unknown
}

type Constructor = new (file: string) => Database

/** In order of preference: a module, and the name of its class. */
export const drivers: readonly (readonly [specifier: string, className: string])[] = [
  ['better-sqlite3', 'default'],
  ['node:sqlite', 'DatabaseSync'],
]

/** A native module that was not built, or for another Node; or one that the runtime, such as Deno, does not load. */
const isBroken = (error: unknown) =>
  (error as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED' || /bindings file|load native addon/.test((error as Error).message)

/**
 * Opens a database file with the first driver that works.
 * @throws Error that says what to install when there is none, or why the file cannot be opened
 */
export async function openDatabase(file: string, from = drivers): Promise<Database> {
  let broken = ''
  for (const [specifier, className] of from) {
    try {
      const module = await load<Record<string, Constructor>>(specifier)
      return new (module[className] as Constructor)(file)
    } catch (error) {
      if (isBroken(error)) broken = ` (${specifier} is installed, but does not work with Node ${process.version})`
      else if (!isAbsent(error)) throw error
    }
  }
  throw new Error(`there is no SQLite driver${broken}: npm install better-sqlite3@12, or run Node 22.13 or later`)
}
