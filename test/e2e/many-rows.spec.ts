import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { ask, drag, signIn } from './page-steps.ts'

const rowCount = 10_000
/** Far more than a window of rows needs, far fewer than one element a row. */
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

test('ten thousand rows make a small page, from the first to the last, and after a restart', async ({
  app,
  world,
}) => {
  test.setTimeout(150_000)
  await signIn(app.page)
  const held = world.cloud.hold('presignModel')
  const seed = await world.file('seed.safetensors', { sizeBytes: 9_000, payload: 'sparse' })
  const folder = join(world.folder, 'files/many')
  mkdirSync(folder)
  for (let number = 1; number <= rowCount; number += 1) {
    copyFileSync(seed, join(folder, `${nameOf(number)}.safetensors`))
  }
  await drag(app.page, [folder])
  await held.arrived
  await expect(app.page.getByText('10,000 files added.')).toBeVisible({ timeout: 90_000 })
  await app.page.getByRole('button', { name: 'Pause all' }).click()
  // Ten thousand files of the same bytes wait for the first of them and are looked at meanwhile: that may take a slow machine long.
  const paused = app.page.getByRole('heading', { name: 'Everything is paused' })
  await expect(paused).toBeVisible({ timeout: 60_000 })
  await app.kill()

  const { page } = await world.start()
  await expect(page.getByRole('heading', { name: 'Everything is paused' })).toBeVisible()
  expect((await ask(page, 'snapshot')).rows).toHaveLength(rowCount)
  expect(await mostWhileScrolling(page)).toBeLessThan(mostElements)
  await expect(page.getByRole('row', { name: nameOf(rowCount) })).toBeVisible()
  await page.getByRole('row', { name: nameOf(rowCount) }).focus()
  await page.keyboard.press('Home')
  await expect(page.getByRole('row', { name: nameOf(1) })).toBeFocused()
})
