import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { writeLfsPointer, writeText, writeWebPage } from '../../fixtures/model-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerPicker } from '../support/main-steps.ts'
import { ask, drag, errorOf, pick, rowOf, signIn, signInByForm } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

test('keeps the structure of a dropped folder, and counts and lists skipped files', async ({
  page,
  harness,
}) => {
  await harness.file('models/loras/faces/one.safetensors')
  await harness.file('models/vae/two.safetensors')
  const models = join(harness.folder, 'files/models')
  writeFileSync(join(models, 'loras/.DS_Store'), 'x')
  writeFileSync(join(models, 'vae/read me.txt'), 'x')
  mkdirSync(join(models, 'vae/deep'))
  symlinkSync(models, join(models, 'vae/deep/up'), 'dir')
  await drag(page, [models])
  for (const name of ['one', 'two']) await expect(rowOf(page, name)).toContainText('In the library')
  const placed = harness.cloud.modelsOf(ALICES_TEAM_ID).map((model) => [model.model_path, model.model_type])
  expect(placed.sort()).toEqual([
    ['models/loras/faces/one.safetensors', 'loras'],
    ['models/vae/two.safetensors', 'vae'],
  ])

  await page.getByRole('button', { name: '3 not added' }).click()
  const list = page.getByRole('list', { name: 'Files that weren’t added' })
  await expect(list.getByRole('listitem')).toHaveCount(3)
  for (const words of ['System or helper file', 'Not a model file', 'Link to a parent folder']) {
    await expect(list).toContainText(words)
  }
})

test('shows what is wrong with an incomplete file before sending anything', async ({ page, harness }) => {
  const cut = await harness.file('loras/cut.safetensors', { cutBytes: 1000 })
  const files = join(harness.folder, 'files')
  await writeLfsPointer(join(files, 'pointer.safetensors'), 6_800_000_000)
  await writeWebPage(join(files, 'page.safetensors'))
  await writeText(join(files, 'empty.safetensors'), '')
  const others = ['pointer', 'page', 'empty'].map((name) => join(files, `${name}.safetensors`))
  await drag(page, [cut, ...others])
  const errors = [
    'The file is incomplete: 1 kB are missing',
    'Git LFS pointer, not the model',
    'saved web page or error message',
    'The file is empty (0 bytes)',
  ]
  for (const words of errors) await expect(errorOf(page, words)).toBeVisible()
  await expect(page.getByRole('heading', { name: '4 files need attention' })).toBeVisible()
  expect(harness.cloud.operations.map(({ name }) => name)).not.toContain('presignModel')
})

test('sends a refused file once it is repaired', async ({ page, harness }) => {
  const path = await harness.file('loras/mended.safetensors', { cutBytes: 1000 })
  await drag(page, [path])
  await expect(errorOf(page, 'The file is incomplete')).toBeVisible()
  await harness.file('loras/mended.safetensors')
  await expect(rowOf(page, 'mended')).toContainText('In the library')
})

test('sends the files and folders chosen in the native picker', async ({ app, page, harness }) => {
  await answerPicker(app.electron, [await harness.file('loras/picked.safetensors')])
  await page.getByRole('button', { name: 'Add files…' }).click()
  await expect(rowOf(page, 'picked')).toContainText('In the library')

  await harness.file('pack/vae/inside.safetensors')
  await answerPicker(app.electron, [join(harness.folder, 'files/pack')])
  await pick(page, 'Add', 'Add folder…')
  await expect(rowOf(page, 'inside')).toContainText('In the library')
})

test('hands the files of a second start to the running app', async ({ page, harness }) => {
  await pick(page, /^Team: /, 'Studio North')
  const path = await harness.file('loras/handed over.safetensors')
  const { program, words } = startWords([path])
  const second = spawn(program, words, { env: harness.environment, stdio: 'ignore' })
  expect(await once(second, 'exit')).toEqual([0, null])
  await expect(rowOf(page, 'handed over')).toContainText('In the library')
})

test('queues the files named at the first start after signing in', async ({ app, harness }) => {
  await signIn(app.page)
  await pick(app.page, /^Team: /, 'Studio North')
  await app.kill()
  const { page } = await harness.start([await harness.file('loras/at start.safetensors')])
  await expect(rowOf(page, 'at start')).toContainText('In the library')
  // The team chosen before the restart.
  expect(harness.cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('keeps files dropped while signed out, and uploads them to the team chosen after sign-in', async ({
  app,
  harness,
}) => {
  const { page } = app
  await drag(page, [
    await harness.file('loras/one.safetensors'),
    await harness.file('loras/two.safetensors'),
    await harness.file('loras/three.safetensors'),
  ])
  const banner = page.getByRole('status').filter({ hasText: '3 files are waiting for sign-in.' })
  await expect(banner).toBeVisible()
  await app.kill()

  const next = await harness.start()
  await expect(next.page.getByText('3 files are waiting for sign-in.')).toBeVisible()
  await signInByForm(next.page, ALICE, { isTeamChosen: false })
  const question = next.page.getByRole('status').filter({ hasText: '3 files are waiting for a team.' })
  await expect(question).toBeVisible()
  expect((await ask(next.page, 'snapshot')).rows).toEqual([])
  await pick(question, 'Choose team', 'Studio North')
  for (const name of ['one', 'two', 'three']) {
    await expect(rowOf(next.page, name)).toContainText('In the library')
  }
  expect(harness.cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(3)
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  await expect(next.page.getByText('waiting for')).toBeHidden()
})

test('adds files that are dropped where the rows of running uploads move', async ({ page, harness }) => {
  const names = Array.from({ length: 12 }, (_, index) => `old ${index}`)
  await drag(page, await Promise.all(names.map((name) => harness.file(`loras/${name}.safetensors`))))
  await expect(page.getByRole('heading', { name: 'Done · 12 files today' })).toBeVisible()
  await page.evaluate(() => {
    const redraw = ({ target }: Event) => {
      const row = target instanceof Element ? target.closest('[data-id]') : null
      setTimeout(() => row?.replaceWith(row.cloneNode(true)))
    }
    for (const type of ['dragenter', 'dragover']) window.addEventListener(type, redraw)
  })
  await drag(page, [await harness.file('loras/next.safetensors')])
  await expect(rowOf(page, 'next')).toContainText('In the library')
})
