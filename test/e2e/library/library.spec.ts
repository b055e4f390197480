import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { answerBoxes } from '../support/main-steps.ts'
import { drag, errorOf, rowOf } from '../support/page-steps.ts'

const models = ({ cloud }: EngineHarness) =>
  cloud
    .modelsOf(ALICES_TEAM_ID)
    .map(({ display_name: name, model_path: path, model_status: status }) => [name, path, status])

test('does not send a file that the team already has, and explains it in the history', async ({
  page,
  harness,
}) => {
  const file = await harness.file('loras/Mine.safetensors')
  harness.cloud.addModel(ALICES_TEAM_ID, {
    model_path: 'models/loras/theirs.safetensors',
    display_name: 'Theirs',
    file_size: statSync(file).size,
    file_hash: `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex')}`,
  })
  await drag(page, [file])
  await expect(rowOf(page, 'Mine')).toContainText('Already in the library')
  expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
  await page.getByRole('button', { name: 'History' }).click()
  await expect(rowOf(page, 'Mine')).toContainText('Already in the library as Theirs')
})

test('asks about path conflicts before sending; replaces one model and keeps the others', async ({
  app,
  page,
  harness,
}) => {
  const names = ['One', 'Two', 'Three']
  for (const name of names)
    harness.cloud.addModel(ALICES_TEAM_ID, {
      model_path: `models/loras/${name}.safetensors`,
      display_name: `Old ${name}`,
    })
  await drag(page, await Promise.all(names.map((name) => harness.file(`loras/${name}.safetensors`))))
  for (const name of names) await expect(errorOf(page, `Old ${name}`)).toBeVisible()
  expect(harness.cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])

  const pane = page.getByRole('complementary')
  await page.getByRole('button', { name: 'Choose…' }).first().click()
  await pane.getByRole('radio', { name: 'Replace' }).check()
  await pane.getByRole('combobox', { name: 'Old model' }).click()
  await page.getByRole('option', { name: 'Delete (can’t be undone)' }).click()
  await answerBoxes(app.electron, 0)
  await pane.getByRole('button', { name: 'Continue' }).click()
  await expect(rowOf(page, 'One')).toContainText('In the library')

  await page.getByRole('button', { name: 'Choose…' }).first().click()
  await pane.getByRole('checkbox', { name: /the other file/ }).check()
  await pane.getByRole('button', { name: 'Continue' }).click()
  for (const name of ['Two', 'Three'])
    await expect(page.locator('[data-id]', { hasText: `${name} (2)` })).toContainText('In the library')
  const paths = () =>
    models(harness)
      .map(([, path]) => path)
      .sort()
  await expect
    .poll(paths)
    .toEqual([
      ...[
        'models/loras/One.safetensors',
        'models/loras/Three-2.safetensors',
        'models/loras/Three.safetensors',
      ],
      ...['models/loras/Two-2.safetensors', 'models/loras/Two.safetensors'],
    ])
  await expect.poll(() => models(harness).map(([name]) => name)).not.toContain('Old One')
})

test('renames, disables and deletes a model in the library and on the server', async ({
  app,
  page,
  harness,
}) => {
  for (const name of ['Grain', 'Depth'])
    harness.cloud.addModel(ALICES_TEAM_ID, {
      model_path: `models/loras/${name}.safetensors`,
      display_name: name,
    })
  await page.getByRole('button', { name: 'Library', exact: true }).click()
  await rowOf(page, 'Grain').dblclick({ position: { x: 10, y: 10 } })
  const pane = page.getByRole('complementary')
  await pane.getByRole('button', { name: 'Edit name, type or path' }).click()
  await pane.getByRole('textbox', { name: 'Name' }).fill('Fine Grain')
  await pane.getByRole('button', { name: 'Save' }).click()
  await expect(rowOf(page, 'Fine Grain')).toBeVisible()
  await pane.getByRole('button', { name: 'Disable' }).click()
  await expect(rowOf(page, 'Fine Grain')).toContainText('Disabled')
  await expect
    .poll(() => models(harness).map(([name, , status]) => [name, status]))
    .toEqual([
      ['Fine Grain', 'disabled'],
      ['Depth', 'active'],
    ])

  await rowOf(page, 'Depth').dblclick({ position: { x: 10, y: 10 } })
  await answerBoxes(app.electron, 0)
  harness.cloud.fail({ on: 'deleteModel', how: 403 })
  await pane.getByRole('button', { name: 'Delete…' }).click()
  const error = page.getByRole('row').filter({ hasText: 'You don’t have permission to change models' })
  await error.getByRole('button', { name: 'Try again' }).click()
  await expect(rowOf(page, 'Depth')).toHaveCount(0)
  await expect.poll(() => models(harness)).toHaveLength(1)
})
