import { readFile } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'

/** Above this share of all cores, others would be measured with us. */
const busyShare = 0.15
const lookMs = 400
const patienceMs = 20_000
/** For all runs together: on a machine that is never idle the bench ends in its time all the same, and says so. */
const patienceInAllMs = 120_000

const seen = { looks: 0, busy: 0, waitedMs: 0 }

/** CPU time of the whole machine since it started, in the kernel's ticks (proc(5), /proc/stat). */
async function ticks(): Promise<{ readonly all: number; readonly idle: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const others = rest.slice(0, 3).reduce((sum, value) => sum + value, 0)
  return { all: user + nice + system + idle + wait + others, idle: idle + wait }
}

async function shareInUse(): Promise<number> {
  const before = await ticks()
  await after(lookMs)
  const now = await ticks()
  return 1 - (now.idle - before.idle) / Math.max(1, now.all - before.all)
}

/** Waits until nobody else uses the machine, for some seconds at most. Call it while nothing of ours runs. */
export async function calm(): Promise<void> {
  const fromMs = performance.now()
  const until = fromMs + Math.min(patienceMs, patienceInAllMs - seen.waitedMs)
  let share = await shareInUse()
  while (share > busyShare && performance.now() < until) share = await shareInUse()
  seen.looks += 1
  seen.waitedMs += performance.now() - fromMs
  if (share > busyShare) seen.busy += 1
}

/** How far the figures of this process can be trusted, in a sentence. */
export function calmness(): string {
  return seen.busy === 0
    ? `Before each of ${seen.looks} runs the machine was idle.`
    : `NOT TO BE TRUSTED: ${seen.busy} of ${seen.looks} runs began while others used more than ${busyShare * 100} % of the machine.`
}
