import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import type { World } from './fixtures.ts'
import { ask, drag, signIn } from './page-steps.ts'
import type { RunningApp } from './running-app.ts'

/** Far more than a window of rows needs, far fewer than a thousand rows would have. */
const mostElements = 1_500

test.use({ settings: { atOnce: 1 } })

const nameOf = (number: number) => `model ${String(number).padStart(5, '0')}`

/** How many elements there are, at most, while the list is scrolled from top to bottom, a step a frame. */
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

/** Drops so many files of the same bytes, pauses everything, kills the app and starts it again. */
async function restartWithRows(app: RunningApp, world: World, count: number): Promise<Page> {
  await signIn(app.page)
  const held = world.cloud.hold('presignModel')
  const seed = await world.file('seed.safetensors', { sizeBytes: 9_000, payload: 'sparse' })
  const folder = join(world.folder, 'files/many')
  mkdirSync(folder)
  for (let number = 1; number <= count; number += 1) {
    copyFileSync(seed, join(folder, `${nameOf(number)}.safetensors`))
  }
  // Each row is read and written to the journal, some milliseconds on a busy machine.
  const waiting = { timeout: 10_000 + 8 * count }
  await drag(app.page, [folder])
  await held.arrived
  await expect.poll(async () => (await ask(app.page, 'snapshot')).rows.length, waiting).toBe(count)
  await app.page.getByRole('button', { name: 'Pause all' }).click()
  await expect(app.page.getByRole('heading', { name: 'Everything is paused' })).toBeVisible(waiting)
  await app.kill()
  return (await world.start()).page
}

async function expectSmallPage(page: Page, count: number): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Everything is paused' })).toBeVisible()
  expect((await ask(page, 'snapshot')).rows).toHaveLength(count)
  expect(await mostWhileScrolling(page)).toBeLessThan(mostElements)
  await expect(page.getByRole('row', { name: nameOf(count) })).toBeVisible()
  await page.getByRole('row', { name: nameOf(count) }).focus()
  await page.keyboard.press('Home')
  await expect(page.getByRole('row', { name: nameOf(1) })).toBeFocused()
}

test('a list of a thousand rows draws only those in view, also after a restart', async ({ app, world }) => {
  await expectSmallPage(await restartWithRows(app, world, 1_000), 1_000)
})

test.describe('a list of ten thousand rows', { tag: '@soak' }, () => {
  test('draws only those in view, also after a restart', async ({ app, world }) => {
    test.setTimeout(300_000)
    await expectSmallPage(await restartWithRows(app, world, 10_000), 10_000)
  })
})
