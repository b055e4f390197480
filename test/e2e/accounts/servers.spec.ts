import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALICE, BOB } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { startProxy } from '../../support/network/proxy-server.ts'
import { expect, test, type EngineHarness } from '../support/fixtures.ts'
import { answerBoxes, asked } from '../support/main-steps.ts'
import { ask, drag, fillSignIn, pick, rowOf, signInByForm } from '../support/page-steps.ts'

/**
 * Signs in and opens the settings. As in an installed app, the server is in the settings and not in the
 * environment, where it couldn’t be changed.
 */
async function openServerSettings(harness: EngineHarness) {
  Reflect.deleteProperty(harness.environment, 'MODELFERRY_SERVER')
  writeFileSync(
    join(harness.home, 'settings.json'),
    JSON.stringify({ server: harness.cloud.url, review: 'never' }),
  )
  const { page, electron } = await harness.start()
  await answerBoxes(electron, 0)
  await signInByForm(page)
  await pick(page, 'More', 'Settings')
  return { page, electron, address: page.getByLabel('Server address', { exact: true }) }
}

test('checks a second server before saving it, then adds its account to the first', async ({ harness }) => {
  const other = await startCloud({})
  try {
    const { page, electron, address } = await openServerSettings(harness)
    await address.fill('http://127.0.0.1:9/api/v1')
    await address.press('Enter')
    await expect(page.getByText('Nothing answers at 127.0.0.1:9.')).toBeVisible()
    await expect(page.getByText('Not saved.')).toBeVisible()
    await address.fill(new URL(other.url).origin)
    await address.press('Enter')
    await expect(page.getByText('Cyberun server found')).toBeVisible()
    const known = async () => (await ask(page, 'settings')).servers.map((server) => server.address)
    await expect.poll(known).toEqual([harness.cloud.url, other.url])
    await page.getByRole('button', { name: 'Back to uploads' }).click()
    await pick(page, /^Team: /, 'Add account…')
    await expect(page.getByRole('combobox', { name: 'Server' })).toHaveText(new URL(other.url).host)
    await signInByForm(page, BOB)
    const accounts = (await ask(page, 'session')).accounts.map(({ email, server }) => [email, server])
    expect(accounts).toEqual([
      [ALICE.email, harness.cloud.url],
      [BOB.email, other.url],
    ])
    expect(await asked(electron)).toEqual([
      'Add the server 127.0.0.1:9?',
      `Add the server ${new URL(other.url).host}?`,
      `Add the account ${BOB.email}?`,
    ])
    const kept = readFileSync(join(harness.home, 'settings.json'), 'utf8')
    expect(JSON.parse(kept)).toMatchObject({ server: other.url })
  } finally {
    await other.close()
  }
})

test('uses Chromium’s proxy for every request, and asks for its login in the window', async ({ harness }) => {
  const proxy = await startProxy({ login: 'mira:secret-of-proxy' })
  try {
    const app = await harness.start([`--proxy-server=${proxy.host}`, '--proxy-bypass-list=<-loopback>'])
    const { page } = app
    await fillSignIn(page, ALICE.email, ALICE.password)
    const dialog = page.getByRole('dialog', { name: `Sign in to the proxy ${proxy.host}` })
    await dialog.getByLabel('Proxy user name').fill('mira')
    await dialog.getByLabel('Proxy password').fill('secret-of-proxy')
    await dialog.getByRole('button', { name: 'Sign in to proxy' }).click()
    await dialog.waitFor({ state: 'detached' })
    await signInByForm(page)
    await drag(page, [await harness.file('loras/quiet.safetensors')])
    await expect(rowOf(page, 'quiet')).toContainText('In the library')
    const verbs = proxy.passed.map((line) => line.split(' ')[0])
    expect(verbs.filter((verb) => verb === 'PUT')).toHaveLength(1)
    expect(proxy.passed.length).toBeGreaterThanOrEqual(harness.cloud.operations.length)
  } finally {
    await proxy.close()
  }
})
