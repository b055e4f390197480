import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { ask, drag, rowOf } from './page-steps.ts'

const mebibyte = 1024 ** 2
const partCount = 40
const fileBytes = partCount * 5 * mebibyte

test.use({
  cloudOptions: { discard: true, partSizeBytes: 5 * mebibyte },
  settings: { singlePutLimitBytes: 5 * mebibyte, streamsMost: 4 },
})

/** How many of the parts the map of the open details says have been sent. */
async function sentParts(page: Page): Promise<number> {
  const label = await page.getByRole('img', { name: / of 40 parts sent/ }).getAttribute('aria-label')
  return Number(label?.split(' ')[0])
}

test('the map of parts fills while a file goes, and a limit slows it down', async ({ page, world }) => {
  test.setTimeout(120_000)
  world.cloud.fail({ on: 'put-part', how: 'slow', bytesPerSecond: 1_000_000, times: Infinity })
  const path = await world.file('loras/tide.safetensors', { sizeBytes: fileBytes, payload: 'sparse' })
  await drag(page, [path])
  await rowOf(page, 'tide').getByText('Sending').click()
  await expect(page.getByText('40 parts of 5.2 MB')).toBeVisible()
  await expect.poll(() => sentParts(page), { timeout: 30_000 }).toBeGreaterThan(0)
  const before = await sentParts(page)
  await expect.poll(() => sentParts(page), { timeout: 30_000 }).toBeGreaterThan(before)
  await expect(page.getByRole('img', { name: /^Speed over/ }).first()).toBeVisible()

  await page.getByRole('button', { name: 'Speed limit: No limit' }).click()
  await page.getByRole('textbox', { name: 'Own limit in MB/s' }).fill('0.5')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await expect(page.getByText('at most 0.5 MB/s')).toBeVisible()
  expect(await ask(page, 'settings')).toMatchObject({ limitBytesPerSecond: 500_000 })
  const speed = async () => (await ask(page, 'snapshot')).totals.bytesPerSecond
  await expect.poll(speed, { timeout: 30_000 }).toBeLessThan(700_000)

  await page.getByRole('button', { name: 'Speed limit: 0.5 MB/s' }).click()
  await page.getByRole('radio', { name: 'No limit' }).click()
  world.cloud.clearFailures()
  await expect(rowOf(page, 'tide')).toContainText('In the library', { timeout: 60_000 })
  await expect(page.getByRole('img', { name: '40 of 40 parts sent' })).toBeVisible()
})
