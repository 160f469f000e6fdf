import { createHash } from 'node:crypto'
import { createIdSet } from './ids.js'

const idOf = (text: string) => createHash('sha256').update(text).digest('binary').slice(0, 16)

it('holds what a set of strings would, while it grows', () => {
  const [ids, oracle] = [createIdSet(), new Set<string>()]
  const wrong: number[] = []
  for (let round = 0; round < 20_000; round++) {
    const id = idOf(String(round % 15_000))
    const before = ids.has(id) === oracle.has(id)
    ids.add(id)
    oracle.add(id)
    if (!before || !ids.has(id) || ids.has(idOf(`other ${round}`))) wrong.push(round)
  }
  expect(wrong).toEqual([])
  expect(ids.size).toBe(15_000)
})

it('tells apart ids that begin alike', () => {
  const ids = createIdSet()
  const alike = Array.from({ length: 1_000 }, (_, at) => `${'\xff'.repeat(12)}${idOf(String(at)).slice(0, 4)}`)
  for (const id of alike.slice(0, 500)) ids.add(id)
  expect(alike.map((id) => ids.has(id))).toEqual(alike.map((_, at) => at < 500))
})

it.each([1, 512, 4096])('gives each id in that of %i parts which holds those that begin alike', (parts) => {
  const ids = createIdSet()
  const all = Array.from({ length: 9_000 }, (_, at) => idOf(String(at)))
  const found = () => Array.from({ length: parts }, (_, index) => ids.part(index, parts))
  const own = (id: string) => Math.floor(((id.charCodeAt(0) * 256 + id.charCodeAt(1)) / 2 ** 16) * parts)
  for (const id of all.slice(1)) ids.add(id)
  expect(found().flat()).toHaveLength(8_999)
  ids.add(all[0]!)
  expect(found().flat().sort()).toEqual([...all].sort())
  expect(found().flatMap((part, index) => part.filter((id) => own(id) !== index))).toEqual([])
})
