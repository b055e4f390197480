import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { pageWorkflow, png } from '../../fixtures/workflows.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { answerBoxes, answerPicker, asked } from '../support/main-steps.ts'
import { control, drag, pick, rowOf, signIn } from '../support/page-steps.ts'
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

const operations = (harness: EngineHarness) => harness.cloud.operations.map(({ name }) => name)

/** What the native dialog asks before found models are uploaded. */
const question = (count: number, size: string): unknown =>
  expect.stringMatching(new RegExp(`^Upload ${count} file \\(${size}\\) to `))

test.describe('with reviews', () => {
  test.use({ settings: { review: 'when-needed' } })

  test('reviews found models, and uploads exactly those once confirmed', async ({ harness }) => {
    const { page, electron } = await start(harness)
    const sheet = page.getByRole('dialog', { name: /^Upload/ })
    await answerBoxes(electron, 1)
    await page.getByRole('button', { name: 'Find my models…' }).click()
    await page.getByRole('checkbox', { name: 'Select all in ~/ComfyUI/models' }).check()
    await page.getByRole('checkbox', { name: 'Select clear.safetensors' }).uncheck()
    await page.getByRole('button', { name: 'Review 1 model · 250 kB' }).click()
    await expect(sheet.getByRole('heading', { name: 'Upload 1 file to' })).toBeVisible()
    await expect(sheet.getByRole('row', { name: /^ink,/ })).toBeVisible()
    expect(await asked(electron)).toEqual([])
    const upload = sheet.getByRole('button', { name: 'Upload 1 file (250 kB)' })
    await upload.click()
    await expect.poll(() => asked(electron)).toEqual([question(1, '250 kB')])
    await expect(upload).toBeEnabled()
    expect(operations(harness)).not.toContain('presignModel')
    await answerBoxes(electron, 0)
    await upload.click()
    await expect(sheet).toHaveCount(0)
    await expect(rowOf(page, 'ink')).toContainText('In the library')
    expect(await asked(electron)).toEqual([question(1, '250 kB')])
    expect(paths(harness)).toEqual(['models/loras/style/ink.safetensors'])
  })
})

test('shows the folders that a dropped YAML file names', async ({ harness }) => {
  const { page, electron } = await start(harness)
  await answerBoxes(electron, 0)
  await harness.file('disk/odd name/one.safetensors')
  const yaml = join(harness.folder, 'files/extra_model_paths.yaml')
  writeFileSync(yaml, 'mine:\n  base_path: disk\n  controlnet: odd name\n')
  await drag(page, [yaml])
  await expect(page.getByText('Folders from a configuration file')).toBeVisible()
  await expect(
    page.getByRole('row', { name: 'one.safetensors, controlnet, 250 kB', exact: true }),
  ).toBeVisible()
  await page.getByRole('checkbox', { name: 'Select one.safetensors' }).check()
  expect(operations(harness)).not.toContain('presignModel')
  await page.getByRole('button', { name: 'Upload 1 model · 250 kB…' }).click()
  await expect(rowOf(page, 'one')).toContainText('In the library')
  expect(await asked(electron)).toEqual([question(1, '250 kB')])
  expect(paths(harness)).toEqual(['models/controlnet/one.safetensors'])
})

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

test('offers existing files of a watched folder, and queues new ones', async ({ harness }) => {
  // A new file has to stay unchanged for ten seconds.
  test.setTimeout(90_000)
  const { page, electron } = await start(harness)
  await harness.file('inbox/loras/old.safetensors')
  await pick(page, 'More', 'Settings')
  await answerPicker(electron, [join(harness.folder, 'files/inbox')])
  await answerBoxes(electron, 0)
  await page.getByRole('button', { name: 'Watch a folder…' }).click()
  await expect(page.getByText('1 existing model')).toBeVisible()
  await expect(page.getByText('Watching', { exact: true })).toBeVisible()
  await harness.file('inbox/loras/new.safetensors')
  await page
    .getByRole('banner')
    .getByRole('button', { name: /^Uploads/ })
    .click()
  await expect(rowOf(page, 'new')).toContainText('In the library', { timeout: 45_000 })
  expect(paths(harness)).toEqual(['models/loras/new.safetensors'])
})

test('sets type and folder of many waiting rows at once, and undo restores them', async ({ harness }) => {
  const { page } = await start(harness)
  await page.evaluate(() => window.modelferry?.pauseAll())
  mkdirSync(join(harness.folder, 'files'), { recursive: true })
  const files = [await harness.file('a.safetensors'), await harness.file('b.safetensors')]
  await drag(page, files)
  await expect(rowOf(page, 'b')).toBeVisible()
  await rowOf(page, 'a').dblclick({ position: { x: 12, y: 12 } })
  await page.keyboard.press('ControlOrMeta+a')
  await page.getByRole('button', { name: 'Edit type, path and names…' }).click()
  await page.getByLabel('Type', { exact: true }).fill('loras')
  await page.getByLabel('Library folder').fill('models/{type}/client')
  await expect(page.getByText('models/loras/client/a.safetensors')).toBeVisible()
  await page.getByRole('button', { name: 'Change 2 files' }).click()
  await expect(rowOf(page, 'a')).toContainText('models/loras/client/a.safetensors')
  const notice = page.getByRole('status').filter({ hasText: '2 files changed.' })
  await notice.getByRole('button', { name: 'Undo' }).click()
  await expect(rowOf(page, 'a')).not.toContainText('client')
  await control(page, 'Cancel upload', 'a').click()
})
