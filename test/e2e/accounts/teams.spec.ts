import { ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, pick, rowOf } from '../support/page-steps.ts'

test('keeps the team that was chosen when a file was dropped', async ({ page, harness }) => {
  const held = harness.cloud.hold('presignModel')
  await drag(page, [await harness.file('loras/first.safetensors')])
  await held.arrived
  await pick(page, /^Team: /, 'Studio North')
  await expect(page.getByRole('button', { name: 'Team: Studio North' })).toBeVisible()
  await drag(page, [await harness.file('loras/second.safetensors')])
  await expect(rowOf(page, 'second')).toBeVisible()
  held.release()
  for (const name of ['first', 'second']) await expect(rowOf(page, name)).toContainText('In the library')
  const namesOf = (team: string) => harness.cloud.modelsOf(team).map(({ display_name: name }) => name)
  expect([namesOf(ALICES_TEAM_ID), namesOf(STUDIO_NORTH_ID)]).toEqual([['first'], ['second']])
})

test('shows the target team while files hover over the window', async ({ page, harness }) => {
  const path = await harness.file('loras/hover.safetensors')
  await drag(page, [path], ['dragEnter', 'dragOver'])
  await expect(page.getByText("Drop to upload to Alice's Team")).toBeVisible()
  await drag(page, [path], ['drop'])
  await expect(page.getByText("Drop to upload to Alice's Team")).toBeHidden()
  await expect(rowOf(page, 'hover')).toContainText('In the library')
})
