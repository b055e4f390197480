import type { Page } from '@playwright/test'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '../support/fixtures.ts'
import { writePausedRows } from '../support/paused-rows.ts'
import { ask } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

// Measures the start and the idle cost of the app. It prints the results without asserting them and runs only
// with `npx playwright test --grep @bench` after `npm run build`. On the test host the start of the main
// process includes starting a Chromium, which Electron contains; the times after `ready` are comparable.

const rowCount = 10_000
const rounds = 5
/** The design’s goal for the first paint, in ms. */
const goalMs = 500
const idleSeconds = 60
/** Clock ticks a second in /proc (sysconf(_SC_CLK_TCK), 100 on Linux). */
const ticksPerSecond = 100

interface Start {
  readonly readyMs: number
  readonly paintMs: number
  readonly interactiveMs: number
  readonly paintAfterReadyMs: number
  readonly interactiveAfterReadyMs: number
  /** The time of a snapshot from main to the page, most of which is the host's. */
  readonly snapshotMs: number
  /** Peak of the resident memory of main, which on the host includes the host. */
  readonly mainMiB: number
}

/** When main was ready, the page first painted and the list answered, in ms since main started. */
async function measure({ electron, page }: RunningApp, rows: number): Promise<Start> {
  await page.waitForFunction(() => performance.getEntriesByName('interactive').length > 0)
  // Before another snapshot is requested here, which takes memory too.
  const mainMiB = peakMiBOf(electron.process().pid ?? 0)
  await expectRows(page, rows)
  const main = await electron.evaluate(() => ({
    beganMs: performance.timeOrigin,
    readyMs: performance.getEntriesByName('ready')[0]?.startTime ?? NaN,
  }))
  const drawn = await page.evaluate(() => ({
    beganMs: performance.timeOrigin,
    paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
    interactiveMs: performance.getEntriesByName('interactive')[0]?.startTime ?? NaN,
  }))
  const snapshotMs = await page.evaluate(async () => {
    const askedAtMs = performance.now()
    await window.modelferry?.snapshot()
    return performance.now() - askedAtMs
  })
  const paintMs = drawn.beganMs + drawn.paintMs - main.beganMs
  const interactiveMs = drawn.beganMs + drawn.interactiveMs - main.beganMs
  return {
    readyMs: main.readyMs,
    paintMs,
    interactiveMs,
    paintAfterReadyMs: paintMs - main.readyMs,
    interactiveAfterReadyMs: interactiveMs - main.readyMs,
    snapshotMs,
    mainMiB,
  }
}

/** The peak of the resident memory (proc(5), VmHWM of status, in KiB). */
function peakMiBOf(pid: number): number {
  if (process.platform !== 'linux') return NaN
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

const median = (values: readonly number[]) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN

async function expectRows(page: Page, count: number): Promise<void> {
  expect((await ask(page, 'snapshot')).rows).toHaveLength(count)
}

for (const rows of [0, rowCount]) {
  test(`the time of a start with ${rows} rows`, { tag: '@bench' }, async ({ harness }) => {
    test.setTimeout(240_000)
    await writePausedRows(harness, rows)
    const starts: Start[] = []
    for (let round = 0; round < rounds; round += 1) {
      const app = await harness.start()
      starts.push(await measure(app, rows))
      await app.kill()
    }
    const of = (name: keyof Start) => `${median(starts.map((start) => start[name])).toFixed(0)} ms`
    const paint = median(starts.map(({ paintAfterReadyMs }) => paintAfterReadyMs))
    console.log(
      `${rows} rows, medians of ${rounds}: ready after ${of('readyMs')}; from there first paint ${of('paintAfterReadyMs')} ` +
        `(goal ${goalMs}: ${paint <= goalMs ? 'pass' : 'MISS'}), interactive ${of('interactiveAfterReadyMs')}; ` +
        `from the start of the process ${of('paintMs')} and ${of('interactiveMs')}; a snapshot takes ${of('snapshotMs')}; ` +
        `main has used ${median(starts.map(({ mainMiB }) => mainMiB)).toFixed(0)} MiB`,
    )
  })
}

/** A process and its descendants with their CPU time in ticks (proc(5), fields 4, 14 and 15 of stat). */
function ticksOf(root: number): Map<number, number> {
  const found = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      found.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      continue // the process has ended
    }
  }
  const isOurs = (pid: number): boolean =>
    pid === root || (found.has(pid) && isOurs(found.get(pid)?.parent ?? 0))
  return new Map([...found].filter(([pid]) => isOurs(pid)).map(([pid, { ticks }]) => [pid, ticks]))
}

test('the cost of an idle app with a hidden window', { tag: '@bench' }, async ({ harness }) => {
  test.skip(process.platform !== 'linux', 'the accounting is read from /proc')
  test.setTimeout(240_000)
  await writePausedRows(harness, rowCount)
  const { electron, page } = await harness.start()
  await expectRows(page, rowCount)
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide())
  // Waits for the rest of the start, which is not part of the idle cost.
  await pause(10_000)
  const pid = electron.process().pid ?? 0
  const before = ticksOf(pid)
  await pause(idleSeconds * 1000)
  const after = ticksOf(pid)
  const used = (pids: readonly number[]) =>
    pids.reduce((sum, one) => sum + (after.get(one) ?? 0) - (before.get(one) ?? 0), 0) / ticksPerSecond
  const share = (seconds: number) => `${((seconds / idleSeconds) * 100).toFixed(2)} % of a core`
  const others = [...after.keys()].filter((one) => one !== pid)
  const timers = await electron.evaluate(
    () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
  )
  console.log(
    `idle for ${idleSeconds} s with ${rowCount} rows: main ${share(used([pid]))}, ` +
      `the ${others.length} processes of Chromium ${share(used(others))}; timers in main: ${timers}`,
  )
})
