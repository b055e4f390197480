import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { drag, expect, rowOf, screenshot, test } from './fixtures.ts'

test('a dropped file reaches the team’s library, byte for byte', async ({ page, world }) => {
  await screenshot(page, 'empty')
  const path = await world.file('loras/harbour light.safetensors')
  await drag(page, [path])
  await expect(rowOf(page, 'harbour light')).toContainText('In the library')
  await screenshot(page, 'registered')

  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const [object] = await world.cloud.objects()
  const [model] = world.cloud.modelsOf(ALICES_TEAM_ID)
  expect(await object?.sha256()).toBe(sha256)
  expect(model).toMatchObject({
    display_name: 'harbour light',
    model_type: 'loras',
    model_path: 'models/loras/harbour light.safetensors',
    file_hash: `sha256:${sha256}`,
  })
})
