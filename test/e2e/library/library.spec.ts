import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { answerBoxes } from '../support/main-steps.ts'
import { rowOf } from '../support/page-steps.ts'

const models = ({ cloud }: EngineHarness) =>
  cloud
    .modelsOf(ALICES_TEAM_ID)
    .map(({ display_name: name, model_path: path, model_status: status }) => [name, path, status])

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
