import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

interface Process {
  pid: number
  parent: number
  command: string
}

/** Every process of the machine; from `/proc` where there is one, because a bare Debian has no `ps`. */
function allProcesses(): Process[] {
  if (!existsSync('/proc/self/stat')) {
    return execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: command! }))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), parent: Number(statOf(name)[1]), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
      } catch {
        return [] // it ended while we looked
      }
    })
}

/** The fields of `/proc/PID/stat` that follow the command's name, which may itself hold spaces: state, parent, … */
function statOf(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** The processes below `root`, itself left out. */
export function descendants(root: number): Process[] {
  const all = allProcesses()
  const below = (pid: number): Process[] => all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)])
  return below(root)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie waits for its parent only; it runs nothing any more.
  return !existsSync('/proc/self/stat') || !tryStat(pid)?.[0]?.startsWith('Z')
}

function tryStat(pid: number): string[] | undefined {
  try {
    return statOf(pid)
  } catch {
    return undefined
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended already.
  }
}

/** SIGKILL for `root` and all below it at once; stopped first, so that none can start another meanwhile. */
function killTreeNow(root: number): number[] {
  signal(root, 'SIGSTOP')
  const pids = [root, ...descendants(root).map(({ pid }) => pid)]
  for (const pid of pids) signal(pid, 'SIGKILL')
  return pids
}

/** As `killTreeNow`, and resolves when all are gone. */
export async function killTree(root: number): Promise<void> {
  const pids = killTreeNow(root)
  const deadline = Date.now() + 10_000
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error(`processes ${pids.filter(isAlive).join(', ')} outlived SIGKILL`)
    await sleep(10)
  }
}

/** Finds the process below `root` that spends the most time while `work` runs, the one behind a page that is made to spin. */
export async function killerOf(root: number, work: () => Promise<unknown>): Promise<() => Promise<void>> {
  const spent = (pid: number): number => {
    const stat = tryStat(pid)
    return stat ? Number(stat[11]) + Number(stat[12]) : 0
  }
  const before = descendants(root).map(({ pid }) => ({ pid, spent: spent(pid) }))
  await work()
  const gained = before.map(({ pid, spent: then }) => ({ pid, gain: spent(pid) - then })).sort((a, b) => b.gain - a.gain)
  const first = gained[0]
  if (!first || first.gain <= 0) throw new Error('no process below the browser was busy')
  return () => killTree(first.pid)
}

const roots = new Set<number>()
let watching = false

/** Sees to it that a browser does not outlive this process, however it ends. Gives the function that lifts this again. */
export function endWithUs(root: number): () => void {
  if (!watching) {
    watching = true
    process.on('exit', () => roots.forEach(killTreeNow))
  }
  roots.add(root)
  return () => void roots.delete(root)
}
