import { ALICE } from '../../cloud/accounts.ts'
import { openKeyring, type OwnKeyring } from '../../support/own-keyring.ts'
import { filesWith } from '../support/disk.ts'
import { expect, test as base } from '../support/fixtures.ts'
import { quit } from '../support/main-steps.ts'
import { drag, rowOf, signInByForm } from '../support/page-steps.ts'

// A real gnome-keyring in a separate session, which the test may lock or end.
base.skip(process.platform !== 'linux', 'only Linux has keyrings that a test can start')

const test = base.extend<{ keyring: OwnKeyring }>({
  keyring: async ({ harness }, use) => {
    const keyring = await openKeyring(harness.folder)
    Object.assign(harness.environment, keyring.environment)
    await use(keyring)
    await keyring.end()
  },
})

// The files of the page are searched too.
test.use({ ownChromium: true })

test('offers an in-memory sign-in when the keyring is locked, and saves nothing', async ({
  harness,
  keyring,
}) => {
  await keyring.lock()
  const app = await harness.start()
  await signInByForm(app.page)
  const dialog = app.page.getByRole('dialog', { name: 'Your sign-in can’t be saved' })
  await expect(dialog).toContainText('The keychain is locked')
  await expect(dialog).toContainText('kept in memory only')
  await expect(dialog.getByRole('button', { name: 'Quit', exact: true })).toBeVisible()
  await dialog.getByRole('button', { name: 'Stay signed in until I quit' }).click()
  await drag(app.page, [await harness.file('loras/quiet.safetensors')])
  await expect(rowOf(app.page, 'quiet')).toContainText('In the library')
  expect(filesWith(harness.folder, [ALICE.password, 'eyJ'])).toEqual([])
  await quit(app.electron)
  expect(await app.ended).toBe(0)
  const next = await harness.start()
  await expect(next.page.getByRole('status').filter({ hasText: 'Signed out' })).toBeVisible()
})

test('continues when the keyring disappears during an upload, and offers a choice', async ({
  harness,
  keyring,
}) => {
  const app = await harness.start()
  await signInByForm(app.page)
  await keyring.kill()
  harness.cloud.fail({ on: 'registerModel', how: 401 })
  await drag(app.page, [await harness.file('loras/quiet.safetensors')])
  await harness.cloud.ended('refresh')
  const dialog = app.page.getByRole('dialog', { name: 'Your sign-in can’t be saved' })
  await expect(dialog).toContainText('no keychain, so your sign-in can’t be saved')
  await dialog.getByRole('button', { name: 'Stay signed in until I quit' }).click()
  await expect(rowOf(app.page, 'quiet')).toContainText('In the library')
  await expect(app.page.getByRole('button', { name: 'Check again' })).toBeVisible()
})

test('quits when the user declines to continue without a keyring', async ({ harness, keyring }) => {
  await keyring.lock()
  const app = await harness.start()
  await signInByForm(app.page)
  await app.page.getByRole('dialog').getByRole('button', { name: 'Quit', exact: true }).click()
  expect(await app.ended).toBe(0)
})
