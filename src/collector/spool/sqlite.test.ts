import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeSpool } from './conformance.js'
import { drivers, openDatabase } from './driver.js'
import { openSqlite } from './sqlite.js'
import type { Leased, SpoolItem } from './spool.js'

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

describe('sqlite alone', () => {
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

  it('passes over a driver that was not built for this Node, and says so when there is no other', async () => {
    const broken = join(directory, 'broken.cjs')
    await writeFile(broken, "throw Object.assign(new Error('wrong ELF class'), { code: 'ERR_DLOPEN_FAILED' })")
    const database = await openDatabase(file, [[broken, 'default'], ...drivers])
    database.close()
    await expect(openDatabase(file, [[broken, 'default']])).rejects.toThrow('broken.cjs is installed, but does not work')
  })

  it('tells why a file cannot be opened', async () => {
    await writeFile(file, 'this is no database, but long enough to be one '.repeat(100))
    await expect(openSqlite(file)).rejects.toMatchObject(saying('file is not a database'))
  })
})
