import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { sha256Of } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, rowOf } from '../support/page-steps.ts'

test('stores a dropped file unchanged, in the library and in the history', async ({ page, harness }) => {
  const path = await harness.file('loras/harbour light.safetensors', { sizeBytes: 3_000_000 })
  await drag(page, [path])
  await expect(rowOf(page, 'harbour light')).toContainText('In the library')

  const sha256 = sha256Of(path)
  const [object, ...others] = await harness.cloud.objects()
  expect([await object?.sha256(), others]).toEqual([sha256, []])
  const [model] = harness.cloud.modelsOf(ALICES_TEAM_ID)
  expect(model).toMatchObject({
    display_name: 'harbour light',
    model_type: 'loras',
    model_path: 'models/loras/harbour light.safetensors',
    file_hash: `sha256:${sha256}`,
  })

  await page.getByRole('button', { name: 'History' }).click()
  await page.getByRole('row', { name: /^harbour light, .*, Alice's Team$/ }).dblclick()
  const details = page.getByRole('complementary', { name: 'Details of harbour light' })
  await expect(details).toContainText(String(model?.id))
  await expect(details).toContainText(sha256)
})
