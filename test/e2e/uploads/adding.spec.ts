import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerPicker } from '../support/main-steps.ts'
import { drag, pick, rowOf, signIn } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

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
