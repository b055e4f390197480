import { join } from 'node:path'
import { writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { pngOf } from '../../fixtures/pictures.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, rowOf } from '../support/page-steps.ts'

test('draws the preview of a model under the page’s policy', async ({ page, harness }) => {
  const model = join(harness.folder, 'loras/painter.safetensors')
  await writeSafetensors(model, { sizeBytes: 250_000 })
  await writeText(join(harness.folder, 'loras/painter.png'), pngOf(512, 320, [168, 72, 40]))
  await drag(page, [model])
  await rowOf(page, 'painter').getByRole('gridcell').nth(1).dblclick()
  const preview = page.getByRole('complementary').getByRole('img', { name: 'Preview of painter' })
  await expect.poll(() => preview.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512)
  await expect(rowOf(page, 'painter').locator('.tile img')).toBeVisible()
})
