import type { Page } from '@playwright/test'
import { expect, test } from '../support/fixtures.ts'
import { pausedRowName, writePausedRows } from '../support/paused-rows.ts'

// Measures how soon the page responds to clicks and keys with 10,000 rows. It prints the results without asserting
// them and runs only with `npx playwright test --grep @bench` after `npm run build`.

const rowCount = 10_000
const rounds = 10

/** Starts to record the time from each input to the next paint (Event Timing, w3.org/TR/event-timing), in ms. */
const record = (page: Page) =>
  page.evaluate(() => {
    const times: number[] = []
    Object.assign(window, { times })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) times.push(duration)
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  })

/** The longest time since the last call; below 16 ms it counts as 16. */
async function longest(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    // Entries are reported after the paint that they measure.
    for (let count = 0; count < 5; count += 1) await frame()
    const { times } = window as unknown as { times: number[] }
    return Math.max(16, ...times.splice(0))
  })
}

test('the time of clicks and keys with ten thousand rows', { tag: '@bench' }, async ({ harness }) => {
  test.setTimeout(240_000)
  await writePausedRows(harness, rowCount)
  const { page } = await harness.start()
  const row = (number: number) => page.getByRole('row', { name: pausedRowName(number) })
  const group = page.getByRole('button', { name: /^Paused/ })
  await expect(row(1)).toBeVisible()
  const at = { position: { x: 12, y: 12 } }
  const menuItem = async (button: RegExp, item: string) => {
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('menuitemradio', { name: item, exact: true }).click()
  }
  const actions: Readonly<Record<string, (round: number) => Promise<unknown>>> = {
    'select a row': (round) => row(1 + (round % 5)).click(at),
    'open the details': (round) => row(1 + (round % 5)).dblclick(at),
    'close them': () => page.keyboard.press('Escape'),
    'select all': () => page.keyboard.press('Control+a'),
    'clear the selection': () => page.keyboard.press('Escape'),
    'go to the end': () => page.keyboard.press('End'),
    'go to the start': () => page.keyboard.press('Home'),
    'collapse the group': () => group.click(),
    'expand the group': () => group.click(),
    'sort by name': () => menuItem(/^Sort|^Order/, 'Name'),
    'sort by upload order': () => menuItem(/^Sort|^Order/, 'Upload order'),
    'show the library': () => page.getByRole('button', { name: 'Library', exact: true }).click(),
    'show the uploads': () =>
      page
        .getByRole('banner')
        .getByRole('button', { name: /^Uploads/ })
        .click(),
  }
  await record(page)
  const times = new Map<string, number[]>()
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, act] of Object.entries(actions)) {
      await act(round)
      times.set(name, [...(times.get(name) ?? []), await longest(page)])
    }
  }
  for (const [name, all] of times) {
    const sorted = all.toSorted((one, other) => one - other)
    console.log(`${name}: median ${sorted[rounds / 2]} ms, longest ${sorted.at(-1)} ms`)
  }
})
