import type { Page } from '@playwright/test'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { drag, rowOf } from '../support/page-steps.ts'

/** A waiting row: everything is paused before the file is added. */
async function waitingRow(page: Page, harness: EngineHarness, name: string): Promise<void> {
  const held = harness.cloud.hold('presignModel')
  await drag(page, [await harness.file('loras/opener.safetensors')])
  await held.arrived
  await page.getByRole('button', { name: 'Pause all' }).click()
  held.release()
  await drag(page, [await harness.file(name)])
}

test('registers the edited name, type and path of a waiting row', async ({ page, harness }) => {
  await waitingRow(page, harness, 'loras/draft_v3.safetensors')
  await rowOf(page, 'draft v3').getByRole('button', { name: 'Name: draft v3. Change' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Final Draft')
  await page.keyboard.press('Enter')
  const row = rowOf(page, 'Final Draft')

  // The path follows the type, because it is in the folder of that type.
  await row.getByRole('button', { name: /^Name: / }).click()
  await row.getByRole('button', { name: /^Type: loras/ }).click()
  await page.getByRole('combobox', { name: 'Type' }).fill('contr')
  await page.getByRole('option', { name: 'controlnet' }).click()
  await expect(row).toContainText('models/controlnet/draft_v3.safetensors')

  await row.getByRole('button', { name: /^Library path: / }).click()
  await page.getByRole('textbox', { name: 'Library path' }).fill('models/controlnet/mine/final.safetensors')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Resume all' }).click()
  await expect(row).toContainText('In the library')
  const registered = harness.cloud
    .modelsOf(ALICES_TEAM_ID)
    .find((model) => model.display_name === 'Final Draft')
  expect(registered).toMatchObject({
    model_type: 'controlnet',
    model_path: 'models/controlnet/mine/final.safetensors',
  })
})
