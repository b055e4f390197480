import type { Locator, Page } from '@playwright/test'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerPicker } from '../support/main-steps.ts'
import { rowOf } from '../support/page-steps.ts'

test.use({ settings: { review: 'always' } })

/** Presses Tab until a control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible()
  const isFocused = () => control.evaluate((element) => element === document.activeElement)
  for (let tabs = 0; tabs < 40 && !(await isFocused()); tabs += 1) await page.keyboard.press('Tab')
  await expect(control).toBeFocused()
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

test('everything from the sign-in to a model in the library works with the keyboard only', async ({
  app,
  harness,
}) => {
  const { page } = app
  await answerPicker(app.electron, [
    await harness.file('models/loras/one.safetensors'),
    await harness.file('models/loras/two.safetensors'),
  ])

  await expect(page.getByLabel('Email', { exact: true })).toBeFocused()
  await page.keyboard.type(ALICE.email)
  await press(page, 'Tab')
  await page.keyboard.type(ALICE.password)
  await press(page, 'Enter')
  await expect(page.getByRole('main')).toBeFocused()

  await tabTo(page, page.getByRole('button', { name: 'Add', exact: true }))
  await press(page, 'Enter')
  await expect(page.getByRole('menuitem', { name: 'Choose files…' })).toBeFocused()
  await press(page, 'Enter')
  const sheet = page.getByRole('dialog', { name: /^Review/ })
  await expect(sheet.getByRole('button', { name: 'Choose team' })).toBeFocused()
  await press(page, 'Enter')
  await expect(page.getByRole('menuitemradio', { name: "Alice's Team" })).toBeFocused()
  await press(page, 'Enter')

  const two = sheet.getByRole('row', { name: /^two,/ })
  await tabTo(page, sheet.locator('[data-id][tabindex="0"]'))
  await press(page, 'End')
  await expect(two).toBeFocused()
  await press(page, 'Delete')
  await expect(two).toHaveCount(0)
  await press(page, 'Control+z')
  await expect(two).toBeVisible()
  await press(page, 'Control+Enter')
  await expect(sheet).toHaveCount(0)

  await expect(rowOf(page, 'one')).toContainText('In the library')
  await expect(rowOf(page, 'two')).toContainText('In the library')
  await expect(page.getByRole('button', { name: 'Add', exact: true })).toBeFocused()
  await tabTo(page, page.locator('[data-id][tabindex="0"]'))
  await press(page, 'Home', 'Shift+F10')
  await expect(page.getByRole('menuitem', { name: 'Open details' })).toBeFocused()
  await page.keyboard.type('show')
  await expect(page.getByRole('menuitem', { name: 'Show in folder' })).toBeFocused()
  await press(page, 'ArrowDown')
  await expect(page.getByRole('menuitem', { name: 'Show in library' })).toBeFocused()
  await press(page, 'Enter')
  await expect(page.getByRole('complementary', { name: /^Details of (one|two)$/ })).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true)
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})
