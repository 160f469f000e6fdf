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

/** In order of preference: a specifier, and where its class is. */
const drivers: [string, (module: Record<string, unknown>) => unknown][] = [
  ['better-sqlite3', (module) => module['default']],
  ['node:sqlite', (module) => module['DatabaseSync']],
]

/**
 * Opens a database file with the first driver that is there.
 * @throws Error that says what to install when there is none, or why the one that is there does not work.
 */
export async function openDatabase(file: string, specifiers = drivers.map(([name]) => name)): Promise<Database> {
  for (const [specifier, classOf] of drivers) {
    if (!specifiers.includes(specifier)) continue
    try {
      return new (classOf(await load(specifier)) as Constructor)(file)
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  throw new Error('no SQLite driver is installed: npm install better-sqlite3@12, or run Node 22.13 or later')
}
