import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeSpool } from './testing/conformance.js'
import { drivers, openDatabase } from './driver.js'
import { openSqlite } from './sqlite.js'
import type { Leased, Spool, SpoolItem } from './spool.js'

const record = (id: string, json = `{"uniqueId":"${id}"}`): SpoolItem => ({ kind: 'record', customerId: 'acme', id, json })

/** The native module's errors belong to whichever test file loaded it first, and are no `Error` to the others. */
const saying = (message: string) => ({ message: expect.stringContaining(message) as string })

let directory: string
let file: string
let files = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'))
})
beforeEach(() => {
  file = join(directory, `${files++}.db`)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describeSpool('sqlite', { reset: async () => undefined, open: (options) => openSqlite(file, options) })

describeSpool('sqlite, always moving ids', { reset: async () => undefined, open: (options) => openSqlite(file, { ...options, generation: 1 }) })

describe('sqlite alone', () => {
  it('knows every id while ids are moved, by several processes and through failures', async () => {
    // However long it takes, no lease ends meanwhile.
    const options = { generation: 300, leaseMs: 600_000 }
    let handles = await Promise.all([openSqlite(file, options), openSqlite(file, options)])
    const blocker = await openDatabase(file)
    blocker.exec("CREATE TRIGGER fail BEFORE INSERT ON items WHEN NEW.id = 'bad' BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END")
    const recent = () => (blocker.prepare('SELECT COUNT(*) AS count FROM recent').get() as { count: number }).count
    const moved = () => (blocker.prepare('SELECT COUNT(*) AS count FROM known_0').get() as { count: number }).count + (blocker.prepare('SELECT COUNT(*) AS count FROM known_1').get() as { count: number }).count
    let told = 0
    for (let round = 0; round < 1_200; round++) {
      const spool = handles[round % 2] as Spool
      const ids = [0, 1, 2].map((at) => record(`${round}-${at}`))
      if (round % 50 === 7) await expect(spool.append([...ids, record('bad')])).rejects.toBeDefined()
      expect(await spool.append(ids)).toEqual({ duplicates: 0 })
      // One of long ago, of which nobody can say where it is by now.
      const again = record(`${(round * 7919) % (round + 1)}-1`)
      expect(await (handles[(round >> 1) % 2] as Spool).append([again])).toEqual({ duplicates: 1 })
      told += (await spool.lease(10)).length
      if (round === 700) {
        await Promise.all(handles.map((handle) => handle.close()))
        handles = await Promise.all([openSqlite(file, options), openSqlite(file, options)])
      }
    }
    expect(told).toBe(3_600)
    expect(moved()).toBeGreaterThan(1_500)
    expect(recent()).toBeLessThan(1_000)
    blocker.close()
    await Promise.all(handles.map((handle) => handle.close()))
    // Some 5,000 commits, each of which waits for the disk.
  }, 180_000)

  it('moves ids as fast as they come, so that a flood does not fill its memory', async () => {
    const spool = await openSqlite(file, { generation: 1_000 })
    const database = await openDatabase(file)
    const notMoved = () => (database.prepare('SELECT SUM(LENGTH(keys)) / 16 AS ids FROM recent').get() as { ids: number }).ids
    for (let commit = 0; commit < 100; commit++) {
      await spool.append(Array.from({ length: 400 }, (_, at) => record(`${commit}-${at}`)))
      // A generation that is moved, one that fills meanwhile, and what the last commit of each had over.
      expect(notMoved()).toBeLessThanOrEqual(2 * (1_000 + 400))
    }
    database.close()
    await spool.close()
  })

  it('moves no id that is over, and forgets those that are moved when their time comes', async () => {
    let time = 10_000
    const spool = await openSqlite(file, { rememberMs: 1_000, generation: 100, now: () => time })
    const append = (prefix: string) => spool.append(Array.from({ length: 120 }, (_, at) => record(`${prefix}${at}`)))
    await append('a')
    // A part with each commit, and more commits than there are ids.
    for (let commit = 0; commit < 300; commit++) await spool.append([])
    const database = await openDatabase(file)
    const count = (table: string) => (database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get() as { count: number }).count
    expect([count('recent'), count('known_0') + count('known_1')]).toEqual([0, 120])
    time = 11_000
    expect(await append('a')).toEqual({ duplicates: 120 })
    await append('b')
    time = 13_000
    for (let commit = 0; commit < 300; commit++) await spool.append([])
    expect([count('recent'), count('known_0') + count('known_1')]).toEqual([0, 0])
    expect(await append('b')).toEqual({ duplicates: 0 })
    database.close()
    await spool.close()
  })

  it('forgets what is over also when another process has begun the turn', async () => {
    let time = 10_000
    const options = { rememberMs: 1_000, generation: 100, now: () => time }
    const [spool, other] = [await openSqlite(file, options), await openSqlite(file, options)]
    const append = (prefix: string) => spool.append(Array.from({ length: 60 }, (_, at) => record(`${prefix}${at}`)))
    await append('a')
    time = 12_000
    await other.append([])
    await append('b')
    for (let commit = 0; commit < 10; commit++) await spool.append([])
    const database = await openDatabase(file)
    expect(database.prepare('SELECT (SELECT COUNT(*) FROM known_0) + (SELECT COUNT(*) FROM known_1) AS moved').get()).toEqual({ moved: 0 })
    database.close()
    await Promise.all([spool.close(), other.close()])
  })

  it('gives what was just appended from memory, unless somebody else has it', async () => {
    const [spool, other] = [await openSqlite(file), await openSqlite(file)]
    await spool.append([record('first')])
    await spool.lease(1)
    await spool.append([record('1'), record('2'), record('3'), record('4')])
    const theirs = await other.lease(1)
    expect([...theirs, ...(await spool.lease(2)), ...(await other.lease(9))].map(({ id }) => id)).toEqual(['1', '2', '3', '4'])
    await other.append([record('5')])
    await spool.append([record('6')])
    expect((await spool.lease(9)).map(({ id }) => id)).toEqual(['5', '6'])
    await spool.ack(theirs)
    await Promise.all([spool.close(), other.close()])
  })

  it('says so when the file is another version’s', async () => {
    const old = await openDatabase(file)
    old.exec('CREATE TABLE items (seq INTEGER PRIMARY KEY)')
    old.close()
    await expect(openSqlite(file)).rejects.toMatchObject(saying('another version of the collector'))
  })

  it('is a file that only its owner reads, in write-ahead mode', async () => {
    const spool = await openSqlite(file)
    await spool.append([record('1')])
    for (const name of [file, `${file}-wal`]) expect((await stat(name)).mode & 0o777).toBe(0o600)
    await spool.close()
  })

  it('has what append resolved for in its log file', async () => {
    const spool = await openSqlite(file)
    await spool.append([record('1', '{"canary":"d9a8"}')])
    expect((await readFile(`${file}-wal`)).includes('d9a8')).toBe(true)
    await spool.close()
  })

  it('does not hide leased items for longer when the clock is set back', async () => {
    let time = 10_000_000
    const spool = await openSqlite(file, { leaseMs: 1_000, now: () => time })
    await spool.append([record('1')])
    await spool.lease(1)
    time -= 3_600_000
    expect(await spool.lease(1)).toHaveLength(1)
    expect(await spool.lease(1)).toHaveLength(0)
    await spool.close()
  })

  it('knows ids for one to two turns, whatever the clock does, and empties its file of older ones', async () => {
    let time = 10_000
    const spool = await openSqlite(file, { rememberMs: 1_000, now: () => time })
    const isKnown = async (id: string) => (await spool.append([record(id)])).duplicates === 1
    await spool.append([record('a')])
    time = 10_999
    await spool.append([record('b')])
    time = 11_998
    expect(await isKnown('b')).toBe(true)
    expect(await isKnown('a')).toBe(true)
    time = 9_000
    expect(await isKnown('a')).toBe(true)
    expect(await isKnown('c')).toBe(false)
    time = 12_000
    expect(await isKnown('c')).toBe(true)
    expect(await isKnown('a')).toBe(false)
    time = 20_000
    expect(await isKnown('c')).toBe(false)
    const database = await openDatabase(file)
    const count = (table: string) => (database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get() as { count: number }).count
    expect(count('recent') + count('known_0') + count('known_1')).toBe(1)
    database.close()
    await spool.close()
  })

  it('takes no handle of one item for another', async () => {
    const spool = await openSqlite(file)
    await spool.append([record('1')])
    const leased = await spool.lease(1)
    await spool.ack(leased)
    await spool.append([record('2')])
    await spool.ack(leased)
    expect(await spool.stats()).toMatchObject({ waiting: 1 })
    const [second] = await spool.lease(1)
    expect((second as Leased).lease).not.toBe(leased[0]?.lease)
    await spool.close()
  })

  it('rejects what it cannot write, and goes on', async () => {
    const spool = await openSqlite(file)
    const blocker = await openDatabase(file)
    blocker.exec("CREATE TRIGGER fail BEFORE INSERT ON items WHEN NEW.id = 'bad' BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END")
    const good = spool.append([record('1')])
    const bad = spool.append([record('2'), record('bad')])
    await expect(bad).rejects.toMatchObject(saying('disk I/O error'))
    // One transaction: who shared it cannot know, and must send again.
    await expect(good).rejects.toMatchObject(saying('disk I/O error'))
    expect(await spool.append([record('1'), record('2')])).toEqual({ duplicates: 0 })
    expect(await spool.stats()).toMatchObject({ waiting: 2 })
    blocker.close()
    await spool.close()
  })

  it('says what to install when there is no driver', async () => {
    await expect(openDatabase(file, [['no-such-driver', 'default']])).rejects.toThrow('there is no SQLite driver: npm install better-sqlite3@12')
  })

  it.each([
    ['was not built for this Node', "Object.assign(new Error('wrong ELF class'), { code: 'ERR_DLOPEN_FAILED' })"],
    ['was not built', "new Error('Could not locate the bindings file. Tried: …')"],
    ['Deno does not load', "new TypeError('Cannot load native addon better_sqlite3.node')"],
  ])('passes over a driver that %s, and says so when there is no other', async (_, error) => {
    const broken = join(directory, `broken-${files}.cjs`)
    await writeFile(broken, `throw ${error}`)
    const database = await openDatabase(file, [[broken, 'default'], ...drivers])
    database.close()
    await expect(openDatabase(file, [[broken, 'default']])).rejects.toThrow('.cjs is installed, but does not work')
  })

  it('tells why a file cannot be opened', async () => {
    await writeFile(file, 'this is no database, but long enough to be one '.repeat(100))
    await expect(openSqlite(file)).rejects.toMatchObject(saying('file is not a database'))
  })
})
