import type { Database } from './driver.js'

// A group is committed as soon as one turn of the event loop has added nothing to it, or one of these is reached.
/** Looked at once a turn, so that what has arrived on the connections by then goes along. */
const ENOUGH_ROWS = 256
/** Since the first row of the group; looked at once a turn as well. */
const MAX_WAIT_MS = 5
/** Commits at once, in the middle of a turn: only a flood brings so many. */
const MAX_ROWS = 4096

/** Thrown by work that wrote nothing: it fails alone, its group goes on. */
export class Untouched extends Error {
  constructor(readonly reason: Error) {
    super(reason.message)
  }
}

/** What all the work of one transaction shares: read when it begins, written before it ends. */
export interface Shared<S> {
  load(): S
  store(state: S): void
  /** The transaction was rolled back. */
  undone(): void
}

interface Pending<S> {
  work(state: S): unknown
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * Group commit: what comes at about the same time shares one transaction, and so one wait for the disk.
 * Each promise settles after the commit, and all are rejected when it fails.
 */
export function groupCommit<S>(database: Database, shared: Shared<S>) {
  const [begin, end] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => database.prepare(sql)) as [ReturnType<Database['prepare']>, ReturnType<Database['prepare']>]
  let group: Pending<S>[] = []
  let rows = 0
  let since = 0
  let seen = 0

  function commit() {
    const due = group
    group = []
    rows = 0
    const settle: (() => void)[] = []
    try {
      begin.run()
      const state = shared.load()
      for (const { work, resolve, reject } of due) {
        try {
          const value = work(state)
          settle.push(() => resolve(value))
        } catch (error) {
          if (!(error instanceof Untouched)) throw error
          settle.push(() => reject(error.reason))
        }
      }
      shared.store(state)
      end.run()
    } catch (error) {
      try {
        database.exec('ROLLBACK')
      } catch {
        // SQLite has rolled back by itself, or never began.
      }
      shared.undone()
      for (const { reject } of due) reject(error)
      return
    }
    for (const done of settle) done()
  }

  function look() {
    if (group.length === 0) return
    if (group.length === seen || rows >= ENOUGH_ROWS || performance.now() - since >= MAX_WAIT_MS) return commit()
    seen = group.length
    setImmediate(look)
  }

  return {
    /** Runs `work` inside the next transaction. `size` is how many rows it writes, about. */
    add<T>(size: number, work: (state: S) => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (group.length === 0) {
          since = performance.now()
          seen = 0
          setImmediate(look)
        }
        group.push({ work, resolve, reject })
        rows += size
        if (rows >= MAX_ROWS) commit()
      })
    },
    /** Commits what is pending now. */
    flush() {
      if (group.length > 0) commit()
    },
  }
}
