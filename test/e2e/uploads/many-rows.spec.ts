import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from '../support/fixtures.ts'
import { ask, drag, signIn } from '../support/page-steps.ts'
import { pausedRowName } from '../support/paused-rows.ts'

/** Far more elements than the visible rows need, and far fewer than a thousand rows would have. */
const mostElements = 1_500

test.use({ settings: { atOnce: 1 } })

/** The largest number of elements while the list is scrolled from top to bottom, one step per frame. */
async function mostWhileScrolling(page: Page): Promise<number> {
  return page.getByRole('grid', { name: 'Uploads' }).evaluate(async (grid) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const steps = 120
    let most = 0
    for (let step = 0; step <= steps; step += 1) {
      grid.scrollTop = ((grid.scrollHeight - grid.clientHeight) * step) / steps
      await frame()
      most = Math.max(most, document.querySelectorAll('*').length)
    }
    return most
  })
}

async function expectSmallPage(page: Page, count: number): Promise<void> {
  await expect(page.getByRole('heading', { name: /^Paused · / })).toBeVisible()
  expect((await ask(page, 'snapshot')).rows).toHaveLength(count)
  expect(await mostWhileScrolling(page)).toBeLessThan(mostElements)
  await expect(page.getByRole('row', { name: pausedRowName(count) })).toBeVisible()
  await page.getByRole('row', { name: pausedRowName(count) }).focus()
  await page.keyboard.press('Home')
  await expect(page.getByRole('row', { name: pausedRowName(1) })).toBeFocused()
}

test(
  'lists ten thousand dropped files, and renders only the visible rows',
  { tag: '@soak' },
  async ({ app, harness }) => {
    test.setTimeout(300_000)
    const count = 10_000
    // Each file is read and written to the journal, which takes some milliseconds on a busy machine.
    const waiting = { timeout: 120_000 }
    await signIn(app.page)
    const held = harness.cloud.hold('presignModel')
    const seed = await harness.file('seed.safetensors', { sizeBytes: 9_000, payload: 'sparse' })
    const folder = join(harness.folder, 'files/many')
    mkdirSync(folder)
    for (let number = 1; number <= count; number += 1) {
      copyFileSync(seed, join(folder, `${pausedRowName(number)}.safetensors`))
    }
    await drag(app.page, [folder])
    await held.arrived
    await app.page.getByRole('button', { name: 'Pause all' }).click()
    await expect(app.page.getByRole('heading', { name: 'Paused · 10,000 files' })).toBeVisible(waiting)
    await app.kill()
    const { page } = await harness.start()
    await expectSmallPage(page, count)
  },
)
