import type { ElectronApplication, Page } from '@playwright/test'
import { expect, test } from '../support/fixtures.ts'
import { drag, rowOf } from '../support/page-steps.ts'

// Measures the cost of showing ten thousand parts ten times a second. It prints the results without asserting
// them and runs only with `npx playwright test --grep @bench` after `npm run build`. On the test host,
// updates are sent as text over the debugging protocol, which costs the page several times as much as
// processing them, so only real Electron shows the true cost.

const mebibyte = 1024 ** 2
const partCount = 10_000
const seconds = 15
/** The allowed share of one core on each side, and the longest delay of a frame, in ms. */
const goals = { share: 0.02, frameMs: 20 }

test.use({
  cloudOptions: { discard: true, partSizeBytes: 5 * mebibyte },
  // The speed of a good home connection: a faster one would measure sending instead of showing.
  settings: { singlePutLimitBytes: 5 * mebibyte, limitBytesPerSecond: 50_000_000, streamsMost: 8 },
})

interface Cost {
  /** Busy share of the page’s main thread. */
  readonly page: number
  /** Busy share of the main process’s main thread. */
  readonly main: number
  readonly longestTaskMs: number
  readonly updateCount: number
}

/** Measures both sides for some seconds. */
async function costOf(page: Page, electron: ElectronApplication): Promise<Cost> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN
  }
  const loop = () =>
    electron.evaluate((_electron, before) => {
      const now = process.getBuiltinModule('node:perf_hooks').performance.eventLoopUtilization()
      return { active: now.active - before.active, idle: now.idle - before.idle }
    }, mainBefore)
  let mainBefore = { active: 0, idle: 0 }
  mainBefore = await loop()
  const before = await busy()
  const seen = await page.evaluate(async (ms) => {
    let updateCount = 0
    let longestTaskMs = 0
    const stop = window.modelferry?.on('details', () => (updateCount += 1))
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
    })
    observer.observe({ entryTypes: ['longtask'] })
    // Tasks under 50 ms are not reported as long tasks, so late frames are measured too.
    let lastMs = performance.now()
    let latestMs = 0
    const until = lastMs + ms
    while (lastMs < until) {
      const nowMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
      latestMs = Math.max(latestMs, nowMs - lastMs - 1000 / 60)
      lastMs = nowMs
    }
    stop?.()
    observer.disconnect()
    return { updateCount, longestTaskMs: Math.max(longestTaskMs, latestMs) }
  }, seconds * 1000)
  const main = await loop()
  return {
    page: ((await busy()) - before) / seconds,
    main: main.active / (main.active + main.idle),
    ...seen,
  }
}

test('the cost of watching ten thousand parts', { tag: '@bench' }, async ({ page, app, harness }) => {
  test.setTimeout(180_000)
  const path = await harness.file('loras/vast.safetensors', {
    sizeBytes: partCount * 5 * mebibyte,
    payload: 'sparse',
  })
  await drag(page, [path])
  await expect(rowOf(page, 'vast')).toContainText('Uploading')
  const close = page.getByRole('button', { name: 'Close', exact: true })
  while (await close.first().isVisible()) await close.first().click()
  const without = await costOf(page, app.electron)
  await rowOf(page, 'vast').getByText('Uploading').dblclick()
  await expect(page.getByText('10,000 parts of 5.2 MB')).toBeVisible()
  const watched = await costOf(page, app.electron)
  const verdict = (value: number, goal: number) => (value <= goal ? 'pass' : 'MISS')
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  for (const side of ['page', 'main'] as const) {
    const added = watched[side] - without[side]
    console.log(
      `${side}: ${percent(without[side])} of a core without, ${percent(watched[side])} while watching, ` +
        `${percent(added)} for it (goal ${percent(goals.share)}: ${verdict(added, goals.share)})`,
    )
  }
  console.log(
    `${(watched.updateCount / seconds).toFixed(1)} a second; longest delay of a frame ${watched.longestTaskMs.toFixed(1)} ms, ` +
      `without ${without.longestTaskMs.toFixed(1)} ms (goal ${goals.frameMs}: ${verdict(watched.longestTaskMs, goals.frameMs)})`,
  )
  expect(watched.updateCount).toBeGreaterThan(0)
})
