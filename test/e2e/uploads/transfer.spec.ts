import { expect, test } from '../support/fixtures.ts'
import { ask, drag, rowOf } from '../support/page-steps.ts'

const mebibyte = 1024 ** 2
const partCount = 10
const fileBytes = partCount * 5 * mebibyte

test.use({
  cloudOptions: { discard: true, partSizeBytes: 5 * mebibyte },
  settings: { singlePutLimitBytes: 5 * mebibyte, streamsMost: 4 },
})

test('slows an upload to the limit, and fills the part map once it is removed', async ({ page, harness }) => {
  const partsBeforeStall = 3
  harness.cloud.fail({ on: 'put-part', how: 'stall', skip: partsBeforeStall, times: Infinity })
  const held = harness.cloud.hold('presignModel')
  const path = await harness.file('loras/tide.safetensors', { sizeBytes: fileBytes, payload: 'sparse' })
  await drag(page, [path])
  await held.arrived
  await page.getByRole('button', { name: 'Speed limit: No limit' }).click()
  await page.getByRole('textbox', { name: 'Custom limit in MB/s' }).fill('0.5')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await expect(page.getByText('up to 0.5 MB/s')).toBeVisible()
  expect(await ask(page, 'settings')).toMatchObject({ limitBytesPerSecond: 500_000 })
  held.release()
  await rowOf(page, 'tide').getByText('Uploading').dblclick()
  await expect(page.getByText(`${partCount} parts of 5.2 MB`)).toBeVisible()
  const isSlow = async () => {
    const { bytesPerSecond } = (await ask(page, 'snapshot')).totals
    return bytesPerSecond !== null && bytesPerSecond > 0 && bytesPerSecond < 700_000
  }
  await expect.poll(isSlow).toBe(true)
  await expect(page.getByRole('img', { name: /^Speed over/ }).first()).toBeVisible()

  await page.getByRole('button', { name: 'Speed limit: 0.5 MB/s' }).click()
  await page.getByRole('radio', { name: 'No limit' }).click()
  const map = (parts: number) => page.getByRole('img', { name: `${parts} of ${partCount} parts uploaded` })
  await expect(map(partsBeforeStall)).toBeVisible()
  harness.cloud.clearFailures()
  await expect(rowOf(page, 'tide')).toContainText('In the library')
  await expect(map(partCount)).toBeVisible()
})
