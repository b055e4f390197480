import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { ask, drag, errorOf, fillSignIn, pick, rowOf, signInByForm } from '../support/page-steps.ts'
import { answerBoxes, asked } from '../support/main-steps.ts'
import type { Page } from '@playwright/test'
import type { EngineHarness } from '../support/fixtures.ts'

/** Pairs with the code shown in the app and the confirmation in the browser. */
async function pair(page: Page, harness: EngineHarness, teamId = ALICES_TEAM_ID): Promise<void> {
  await page.getByRole('button', { name: 'Continue in the browser' }).click()
  const code = (await page.getByLabel('Code', { exact: true }).textContent()) ?? ''
  harness.cloud.confirmPairing(code, ALICE.email, teamId)
  await page.getByRole('button', { name: /^Team: / }).waitFor()
}

test.describe('a paired computer', () => {
  test.use({ settings: { singlePutLimitBytes: 6_000_000 } })

  test('refuses a large file unread, and uploads it after a password sign-in', async ({ app, harness }) => {
    const { page } = app
    await pair(page, harness, STUDIO_NORTH_ID)
    await drag(page, [await harness.file('checkpoints/large.safetensors', { sizeBytes: 12_000_000 })])
    await expect(errorOf(page, 'Sign in with your password to upload files over 6.0 MB')).toBeVisible()
    expect(harness.cloud.operations.map(({ name }) => name)).not.toContain('presignModel')
    await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByLabel('Email', { exact: true })).toHaveValue(ALICE.email)
    await fillSignIn(page, ALICE.email, ALICE.password)
    await expect(rowOf(page, 'large')).toContainText('In the library')
    expect(harness.cloud.operations.map(({ name }) => name)).toContain('completeMultipart')
    expect(harness.cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
    // Each team once, and the chosen one as before.
    await page.getByRole('button', { name: 'Team: Studio North' }).click()
    for (const team of ["Alice's Team", 'Studio North'])
      await expect(page.getByRole('menuitemradio', { name: new RegExp(`^${team}`) })).toHaveCount(1)
  })
})

test('adds a second account and uploads to the chosen team', async ({ app, page, harness }) => {
  await answerBoxes(app.electron, 0)
  await pick(page, /^Team: /, 'Add account…')
  await signInByForm(page, BOB)
  const { accounts } = await ask(page, 'session')
  expect(accounts.map(({ email, state }) => [email, state])).toEqual([
    [ALICE.email, 'ready'],
    [BOB.email, 'ready'],
  ])
  expect(await asked(app.electron)).toEqual([`Add the account ${BOB.email}?`])
  const bobs = accounts[1]?.teams[0]
  await page.getByRole('button', { name: /^Team: / }).click()
  const menu = page.getByRole('menu')
  for (const words of [ALICE.email, BOB.email, 'files of any size (password)']) {
    await expect(menu).toContainText(words)
  }
  await menu
    .getByRole('menuitemradio', { name: new RegExp(`^${bobs?.name}`) })
    .last()
    .click()
  await expect(page.getByRole('button', { name: `Team: ${bobs?.name}` })).toBeVisible()
  await drag(page, [await harness.file('loras/quiet.safetensors')])
  await expect(rowOf(page, 'quiet')).toContainText('In the library')
  expect(harness.cloud.modelsOf(bobs?.id ?? '').map(({ display_name: name }) => name)).toEqual(['quiet'])
})
