import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../amberflo/client.js'
import type { CollectorEvent } from '../events.js'
import { NotNowError } from '../sink.js'
import { startUpstream } from '../testing/upstream.js'
import { createSpooledSink } from './spooled-sink.js'
import { openSqlite } from './sqlite.js'
import { SpoolFullError } from './spool.js'
import type { Spool, SpoolItem, SpoolOptions } from './spool.js'

const record = (id: string, json = `{"uniqueId":"${id}"}`): SpoolItem => ({ kind: 'record', customerId: 'acme', id, json })

let directory: string
let upstream: Awaited<ReturnType<typeof startUpstream>>
let events: CollectorEvent[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sink-'))
  upstream = await startUpstream()
  events = []
})
afterEach(async () => {
  await upstream.close()
  await rm(directory, { recursive: true, force: true })
})

const open = (options: SpoolOptions = {}) => openSqlite(join(directory, 'spool.db'), options)
function sinkOn(openSpool: () => Promise<Spool>) {
  const observe = (event: CollectorEvent) => void events.push(event)
  return createSpooledSink({ openSpool, client: createClient({ url: upstream.url, apiKey: 'key', timeoutMs: 1_000, observe }), observe, now: Date.now })
}
const alarms = () => events.filter(({ type }) => type === 'alarm')

async function until(reached: () => boolean) {
  for (const giveUpAt = Date.now() + 3_000; !reached(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > giveUpAt) throw new Error('not reached in 3 s')
  }
}

it('takes a batch without waiting for Amberflo, which gets it soon after', async () => {
  upstream.answerWith(() => ({ delayMs: 300, body: '2 records were ingested' }))
  const sink = sinkOn(() => open())
  expect(await sink.take([record('1'), record('2')])).toEqual({ accepted: 2, duplicates: 0, rejected: [] })
  expect(upstream.posted()).toEqual([])
  await until(() => upstream.posted().length === 2)
  await sink.close()
})

it('keeps what it was given first', async () => {
  const sink = sinkOn(() => open())
  await sink.take([record('1', '{"time":1}')])
  expect(await sink.take([record('1', '{"time":2}')])).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
  await until(() => upstream.posted().length > 0)
  expect(await sink.take([record('1', '{"time":3}')])).toMatchObject({ duplicates: 1 })
  await sink.close()
  expect(upstream.posted()).toEqual([{ time: 1 }])
})

it('rejects what came out of its time, unless it knows it', async () => {
  const sink = sinkOn(() => open())
  await sink.take([record('1')])
  const late = (id: string) => ({ ...record(id, ''), unlessKnown: 'in_future' as const })
  expect(await sink.take([record('2'), late('1'), late('3')])).toEqual({ accepted: 1, duplicates: 1, rejected: [{ id: '3', reason: 'in_future' }] })
  await until(() => upstream.posted().length === 2)
  await sink.close()
})

it('sends on what an earlier one left behind, before anything comes', async () => {
  const spool = await open()
  await spool.append([record('1')])
  await spool.close()
  const sink = sinkOn(() => open())
  await until(() => upstream.posted().length === 1)
  await sink.close()
})

it('says so when it is full', async () => {
  upstream.answerWith(() => null)
  const sink = sinkOn(() => open({ maxItems: 1 }))
  await sink.take([record('1')])
  await expect(sink.take([record('2')])).rejects.toThrow(SpoolFullError)
  await sink.close()
})

it('asks for patience while the spool cannot be opened, and opens it later', async () => {
  let failures = 1
  const sink = sinkOn(() => (failures-- > 0 ? Promise.reject(new Error('locked')) : open()))
  await expect(sink.take([record('1')])).rejects.toThrow(NotNowError)
  expect(alarms()).toEqual([{ type: 'alarm', alarm: 'spool_failed', detail: { error: 'Error' } }])
  await new Promise((resolve) => setTimeout(resolve, 1_050))
  expect(await sink.take([record('1')])).toMatchObject({ accepted: 1 })
  await sink.close()
})

it('sends on what was left behind once the spool can be opened, though nobody brings more', async () => {
  const spool = await open()
  await spool.append([record('1')])
  await spool.close()
  let failures = 1
  const sink = sinkOn(() => (failures-- > 0 ? Promise.reject(new Error('down')) : open()))
  await until(() => upstream.posted().length === 1)
  await sink.close()
})

it('asks for patience when the spool cannot be written', async () => {
  const spool = await open()
  const sink = sinkOn(async () => ({ ...spool, append: () => Promise.reject(Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' })) }))
  await expect(sink.take([record('1')])).rejects.toThrow(NotNowError)
  expect(alarms()).toEqual([{ type: 'alarm', alarm: 'spool_failed', detail: { error: 'Error', cause: 'SQLITE_FULL' } }])
  await sink.close()
})
