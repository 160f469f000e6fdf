import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

it('docs/segment.md says what the definition of the actions says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

it('the presets in docs/segment.md can be copied as they are', () => {
  const [, json] = /```json\n([\s\S]+?)```/.exec(readFileSync('docs/segment.md', 'utf8'))!
  const presets = JSON.parse(json!)
  expect(presets).toHaveLength(4)
  for (const preset of presets) expect(Object.keys(preset)).toEqual(['name', 'enabled', 'partnerAction', 'subscribe', 'mapping'])
})
