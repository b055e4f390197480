import type { Page } from '@playwright/test'
import keytar from 'keytar'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { filesWith } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { quit } from '../support/main-steps.ts'
import { ask, drag, fillSignIn, pick, rowOf, signInByForm } from '../support/page-steps.ts'

/** The entry of electron/accounts/secrets.ts in the keychain. */
const secretOf = (accountId: string) => keytar.getPassword('Modelferry', `session ${accountId}`)

async function signOut(page: Page): Promise<void> {
  await pick(page, /^Team: /, /^Sign out /)
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
}

test('names the possible causes of a wrong password and clears the field', async ({ app }) => {
  await fillSignIn(app.page, ALICE.email, 'not-the-password')
  await expect(app.page.getByRole('alert').filter({ hasText: /./ })).toContainText(
    /email or password may be wrong, the email address may not be verified, or the account may be disabled/,
  )
  await expect(app.page.getByLabel('Password', { exact: true })).toHaveValue('')
  await expect(app.page.getByLabel('Email', { exact: true })).toHaveValue(ALICE.email)
})

test('opens the pairing page and signs in for the team confirmed there', async ({ app, harness }) => {
  const { page } = app
  await page.getByRole('button', { name: 'Continue in the browser' }).click()
  const code = (await page.getByLabel('Code', { exact: true }).textContent()) ?? ''
  expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/)
  harness.cloud.confirmPairing(code, ALICE.email, STUDIO_NORTH_ID)
  await expect(page.getByRole('button', { name: 'Team: Studio North' })).toBeVisible()
  await drag(page, [await harness.file('loras/quiet.safetensors')])
  await expect(rowOf(page, 'quiet')).toContainText('In the library')
  const [account] = (await ask(page, 'session')).accounts
  expect(await keytar.getPassword('Modelferry', `device ${account?.id}`)).toMatch(/^dk-/)

  await signOut(page)
  expect(await harness.cloud.ended('revokeOwnDevice')).toMatchObject([{ status: 200 }])
})

test('removes the secret from the keychain on sign-out', async ({ app, harness }) => {
  await signInByForm(app.page)
  const [account] = (await ask(app.page, 'session')).accounts
  const id = account?.id ?? ''
  expect(await secretOf(id)).toContain('accessToken')

  await signOut(app.page)
  await expect(app.page.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
  await expect.poll(() => secretOf(id)).toBeNull()
  await harness.cloud.ended('logout')
  await quit(app.electron)
  await app.ended

  const { page } = await harness.start()
  await expect(page.getByLabel('Email', { exact: true })).toHaveValue('')
})

test.describe('with a browser profile of its own', () => {
  test.use({ ownChromium: true })

  test('leaves nothing of an account in any file, also if the command line signs out', async ({
    app,
    harness,
  }) => {
    const { page } = app
    await signInByForm(page)
    await drag(page, [await harness.file('loras/zqquiet.safetensors')])
    await expect(rowOf(page, 'zqquiet')).toContainText('In the library')
    for (const view of ['Library', 'History'])
      await page.getByRole('button', { name: view, exact: true }).click()
    await expect(rowOf(page, 'zqquiet')).toBeVisible()
    // The model's file is the user's.
    const folders = ['home', 'person', 'tmp'].map((name) => join(harness.folder, name))
    const filesOfAccount = () =>
      folders.flatMap((folder) => filesWith(folder, ['zqquiet', ALICE.email, ALICE.id, ALICES_TEAM_ID]))
    expect(filesOfAccount()).not.toEqual([])
    const logout = spawn(process.execPath, [join(projectFolder, 'electron/cli/modelferry.js'), 'logout'], {
      env: harness.environment,
    })
    const [code] = (await once(logout, 'exit')) as [number]
    expect(code).toBe(0)
    await expect(page.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
    await expect.poll(filesOfAccount).toEqual([])
    await signInByForm(page)
    await expect(rowOf(page, 'zqquiet')).toContainText('In the library')
  })
})
