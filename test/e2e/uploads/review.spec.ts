import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { shellCall } from '../../fixtures/pickles.ts'
import { expect, test, type EngineHarness } from '../support/fixtures.ts'
import { answerBoxes, asked } from '../support/main-steps.ts'
import { drag, pick, rowOf, signIn } from '../support/page-steps.ts'

test.use({ settings: { review: 'always' } })

const sheet = (page: Page) => page.getByRole('dialog', { name: /^(Upload|Review) \d/ })
const pathsOf = (harness: EngineHarness, team = ALICES_TEAM_ID) =>
  harness.cloud.modelsOf(team).map(({ model_path: path }) => path)
const operations = (harness: EngineHarness) => harness.cloud.operations.map(({ name }) => name)

/** Two sound files, an incomplete one, and one that runs a shell. */
async function writeModels(harness: EngineHarness): Promise<string> {
  await harness.file('models/loras/one.safetensors')
  await harness.file('models/vae/two.safetensors')
  await harness.file('models/loras/cut.safetensors', { cutBytes: 1000 })
  await writeText(join(harness.folder, 'files/models/embeddings/trap.pt'), shellCall)
  return join(harness.folder, 'files/models')
}

test('sends nothing before the review; the mouse removes, accepts, changes the team and uploads', async ({
  app,
  harness,
}) => {
  const { page } = app
  await signIn(page, ALICE, { isTeamChosen: false })
  await drag(page, [await writeModels(harness)])
  await expect(sheet(page).getByRole('heading', { name: 'Upload 2 of 4 files to' })).toBeVisible()
  await expect(sheet(page)).toContainText('Choose the team to upload to.')
  await pick(sheet(page), 'Choose team', "Alice's Team")
  await expect(sheet(page)).toContainText('posix.system')
  await sheet(page).getByRole('button', { name: 'Show files: Not uploaded' }).click()
  await sheet(page).getByRole('button', { name: 'Skip: cut' }).click()
  await expect(sheet(page).getByRole('row', { name: /^cut,/ })).toHaveCount(0)
  await pick(sheet(page), "Alice's Team", 'Studio North')
  await expect(sheet(page).getByRole('button', { name: 'Studio North' })).toBeVisible()

  await answerBoxes(app.electron, 0)
  const accept = sheet(page).getByRole('button', { name: 'Upload anyway…: trap' })
  await accept.click()
  await expect.poll(() => asked(app.electron)).toHaveLength(1)
  await expect(accept).toHaveAttribute('aria-pressed', 'true')
  expect(operations(harness)).not.toContain('presignModel')

  await sheet(page)
    .getByRole('button', { name: /^Upload 3 files/ })
    .click()
  await expect(sheet(page)).toHaveCount(0)
  await expect.poll(() => pathsOf(harness, STUDIO_NORTH_ID)).toHaveLength(3)
  expect(pathsOf(harness)).toEqual([])
})

test('works with the keyboard only, and never uploads an unsafe file on Enter', async ({ app, harness }) => {
  const { page } = app
  await signIn(page, ALICE, { isTeamChosen: false })
  await drag(page, [await writeModels(harness)])
  await expect(sheet(page).getByRole('button', { name: 'Choose team' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitemradio', { name: "Alice's Team" })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(sheet(page).getByRole('button', { name: "Alice's Team" })).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(sheet(page).getByRole('row', { name: /^Files that can run code/ })).toBeFocused()
  await page.keyboard.press('End')
  await page.keyboard.press('Delete')
  await expect(sheet(page).getByRole('row', { name: /^Not uploaded/ })).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(sheet(page)).toHaveCount(0)
  await expect(page.getByText("3 files for Alice's Team")).toBeVisible()

  const open = page.getByRole('button', { name: 'Review', exact: true })
  for (
    let tabs = 0;
    tabs < 30 && !(await open.evaluate((button) => button === document.activeElement));
    tabs += 1
  )
    await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(sheet(page).getByRole('row', { name: /^Files that can run code/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('End')
  await page.keyboard.press('F2')
  await page.keyboard.type('Renamed')
  await page.keyboard.press('Enter')
  await expect(sheet(page).getByRole('row', { name: /^Renamed,/ })).toBeFocused()
  await page.keyboard.press('Control+Enter')
  await expect(sheet(page)).toHaveCount(0)
  await expect(rowOf(page, 'Renamed')).toContainText('In the library')
  await expect.poll(() => pathsOf(harness)).toHaveLength(2)
  expect(pathsOf(harness).join()).not.toContain('trap')
})
