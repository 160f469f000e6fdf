import { contenders, libraries } from './scenarios.mjs'

const fixed = (number) => number.toFixed(number < 10 ? 1 : 0)
const times = (ratio) => `${ratio.toFixed(2)}×`
const count = (number) => number.toLocaleString('en-US')
const table = (head, rows) => [head, head.map((_, column) => (column ? '--:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** Of the rounds of one run the middle one: a lucky second decides nothing, and a stolen one neither. */
const middle = (rounds) => [...rounds].sort((a, b) => a.ms - b.ms)[rounds.length >> 1]

const longTasks = ({ over50 }) => (over50.length ? `${over50.length}, longest ${Math.max(...over50).toFixed(0)} ms` : 'none')

/** The page of the documentation that quotes a run of the benchmark. */
export function report(results, { rounds, version }) {
  const of = (scenario) => {
    const byRun = new Map()
    for (const result of results) {
      if (result.scenario !== scenario) continue
      const key = JSON.stringify(result.run)
      byRun.set(key, [...(byRun.get(key) ?? []), result])
    }
    return [...byRun.values()].map(middle)
  }
  const ms = (scenario, name) => of(scenario).find(({ run }) => run.name === name).ms
  const perEvent = ({ ms, run }) => `${fixed((ms * 1_000) / (run.count || run.left))} µs`

  const compared = (scenario) =>
    table(
      ['', 'per event', 'plugin’s share', 'tasks over 50 ms'],
      of(scenario).map((each) => [contenders[each.run.name], perEvent(each), times(ms(scenario, 'plugin') / each.ms), longTasks(each)]),
    )
  const alone = (scenario, head, value) =>
    table([head, 'in all', 'per event', 'tasks over 50 ms'], of(scenario).map((each) => [count(value(each.run)), `${fixed(each.ms)} ms`, perEvent(each), longTasks(each)]))

  const aims = [
    ['ten a turn, against one `put` per turn', ms('ten', 'plugin') / ms('ten', 'putTurn'), 2],
    ['one a turn, against one `put` per event', ms('one', 'plugin') / ms('one', 'putEach'), 1.5],
    ['ten a turn, against the peer in requests of 100', ms('ten', 'plugin') / ms('ten', 'peer'), 1 / 5],
    ['ten a turn, against the peer in single requests', ms('ten', 'plugin') / ms('ten', 'peerSingly'), 1 / 5],
    ['the same, where the peer is answered in no time', ms('ten', 'plugin') / ms('ten', 'peerAtOnce'), 1 / 5],
  ]

  return `# What the plugin costs a page

Measured by \`npm run bench:browser\` in Chromium ${version}, the middle one of ${rounds} rounds; everything in one run, so that the ratios mean something where the times depend on the machine.

The time is the processor time of the page's main thread (\`TaskDuration\` of the DevTools protocol, by thread ticks), from the first event until everything has been sent and answered. Beacons and fetches are stubbed: what is measured is the page, not the network. Each turn is a task of its own, and waits until what it gave is kept. “Bare IndexedDB” makes the same record of each event and keeps its JSON, and neither sends nor deletes anything. Tasks over 50 ms are counted by the clock, other programs’ share included.

| Aim | measured | at most | |
| --- | --: | --: | --- |
${aims.map(([aim, ratio, limit]) => `| ${aim} | ${times(ratio)} | ${times(limit)} | ${ratio <= limit ? 'met' : 'missed'} |`).join('\n')}

## Ten events a turn

${compared('ten')}

## One event a turn

${compared('one')}

## All events in one turn

${alone('crowd', 'Events', ({ count: events }) => events)}

The loop that calls the hook for each event is part of that one turn. None of it is put off to a later task, by when the page may be gone: each event becomes a record in the outbox in the turn that brings it.

Analytics.js never calls a hook so often in one turn: it hands over one event per task. What is long there is the site's own loop over \`analytics.track()\`. 1,000 in one turn:

${table(['', 'per event', 'tasks over 50 ms'], of('library').map((each) => [libraries[each.run.name], perEvent(each), longTasks(each)]))}

## While records wait

1,000 more events, ten a turn, while the collector is down:

${alone('waiting', 'Waiting already', ({ waiting }) => waiting)}

## What an earlier page has left

From the start of the page until all of it has been sent:

${alone('left', 'Records left', ({ left }) => left)}
`
}
