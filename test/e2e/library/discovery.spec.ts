import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { answerBoxes, answerPicker } from '../support/main-steps.ts'
import { drag, signIn } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

/** An app whose user has a ComfyUI in the home folder. */
async function start(harness: EngineHarness): Promise<RunningApp> {
  await harness.file('../person/ComfyUI/models/loras/style/ink.safetensors')
  await harness.file('../person/ComfyUI/models/vae/clear.safetensors')
  const app = await harness.start()
  await signIn(app.page)
  return app
}

const paths = (harness: EngineHarness) =>
  harness.cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)

test('lists a dropped workflow picture’s models, sends those found and locates others', async ({
  harness,
}) => {
  const { page, electron } = await start(harness)
  const other = await harness.file('elsewhere/renamed.safetensors')
  await harness.file('attic/clip_vision_h.safetensors')
  const picture = join(harness.folder, 'picture.png')
  writeFileSync(picture, png([{ kind: 'tEXt', keyword: 'workflow', text: JSON.stringify(pageWorkflow) }]))
  await drag(page, [picture])
  await expect(page.getByRole('heading', { name: 'Models for picture.png' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Upload 1 model' })).toBeEnabled()
  await answerPicker(electron, [other])
  await answerBoxes(electron, 0)
  await page.getByRole('button', { name: 'Locate sd_xl_base_1.0.safetensors…' }).click()
  await expect(page.getByRole('button', { name: 'Upload 2 models' })).toBeEnabled()
  await answerPicker(electron, [join(harness.folder, 'files/attic')])
  await page.getByRole('button', { name: 'Search a folder…' }).click()
  await page.getByRole('button', { name: 'Upload 3 models' }).click()
  await expect(page.getByRole('heading', { name: /^In the library of/ })).toBeVisible()
  await expect
    .poll(() => paths(harness).sort())
    .toEqual([
      'models/checkpoints/sd_xl_base_1.0.safetensors',
      'models/clip_vision/clip_vision_h.safetensors',
      'models/loras/style/ink.safetensors',
    ])
  await page.getByRole('button', { name: 'Back to uploads' }).click()
  await expect(page.getByText('picture.png: 3 models missing')).toBeVisible()
  await page.getByRole('main').getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByRole('button', { name: 'Close workflow' }).click()
  await expect(page.getByText('picture.png:', { exact: false })).toBeHidden()
})
