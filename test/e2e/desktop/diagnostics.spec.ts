import type { Locator, Page } from '@playwright/test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeHostLock } from '../../../electron/host/host-lock.ts'
import { ALICES_TEAM_ID, ALICE } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerSaving, clickMenu, pickersAnswered } from '../support/main-steps.ts'
import { drag, pick, rowOf } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

const allWorks = 'All checks passed.'
const trouble = 'Some checks failed.'

async function openHelp(page: Page): Promise<void> {
  await pick(page, 'More', 'Troubleshooting')
}

const card = (page: Page, name: string | RegExp): Locator => page.getByRole('region', { name })

test('reports a working connection, and each step of one whose server is down', async ({ page, harness }) => {
  await openHelp(page)
  const connection = card(page, /^Connection to/)
  await connection.getByRole('button', { name: 'Check now' }).click()
  await expect(connection.getByRole('status')).toHaveText(allWorks)
  for (const told of ['Cyberun server found', 'Correct', 'Valid'])
    await expect(connection).toContainText(told)

  const reconnect = await harness.cloud.unplug()
  await connection.getByRole('button', { name: 'Check now' }).click()
  await expect(connection.getByRole('status')).toHaveText(trouble)
  await expect(connection).toContainText('Nothing answers at port')
  for (const text of ['firewall', 'Cyberun server found']) await expect(connection).not.toContainText(text)
  await reconnect()
  await connection.getByRole('button', { name: 'Check now' }).click()
  await expect(connection.getByRole('status')).toHaveText(allWorks)
})

test('sends 8 MB to storage after confirmation, and deletes them', async ({ page, harness }) => {
  await openHelp(page)
  const storage = card(page, 'Storage connection')
  await storage.getByRole('button', { name: 'Test storage…' }).click()
  await storage.getByRole('button', { name: 'Cancel' }).click()
  expect(harness.cloud.operations.filter(({ name }) => name === 'presignModel')).toEqual([])
  await storage.getByRole('button', { name: 'Test storage…' }).click()
  await storage.getByRole('button', { name: 'Upload 8 MB' }).click()
  await expect(storage.getByRole('status')).toContainText('Uploaded 8 MB in')
  await expect(storage.getByRole('status')).toContainText('The test data was deleted.')
  const { cloud } = harness
  expect([await cloud.unfinishedUploads(), await cloud.objects(), cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([
    [],
    [],
    [],
  ])

  const held = cloud.hold('put-part', 1)
  await storage.getByRole('button', { name: 'Test storage…' }).click()
  await storage.getByRole('button', { name: 'Upload 8 MB' }).click()
  await held.arrived
  await storage.getByRole('button', { name: 'Stop' }).click()
  await expect(storage.getByRole('status')).toContainText('Stopped.')
  held.release()
  await expect.poll(() => cloud.unfinishedUploads()).toEqual([])
})

test('saves the report as previewed, without excluded parts or secrets', async ({ app, page, harness }) => {
  await drag(page, [await harness.file('loras/hidden name.safetensors')])
  await expect(rowOf(page, 'hidden name')).toContainText('In the library')
  await openHelp(page)
  await card(page, /^Connection to/)
    .getByRole('button', { name: 'Check now' })
    .click()
  await expect(card(page, /^Connection to/).getByRole('status')).toHaveText(allWorks)
  const report = card(page, 'Support report')
  await report.getByRole('button', { name: 'Create report' }).click()
  const textOf = (name: string) => report.getByRole('textbox', { name }).inputValue()
  const log = await textOf('Log')
  const shown = [await textOf('Versions'), await textOf('Queue summary'), log]
  expect(log).toContain('connection checked')
  await report.getByRole('checkbox', { name: 'Settings' }).uncheck()
  // Everything after the preview is left out, since the log has grown meanwhile.
  await card(page, /^Connection to/)
    .getByRole('button', { name: 'Check now' })
    .click()
  await expect(card(page, /^Connection to/).getByRole('status')).toHaveText(allWorks)

  const path = join(harness.folder, 'report.txt')
  await answerSaving(app.electron, null)
  await report.getByRole('button', { name: 'Save…' }).click()
  await expect.poll(() => pickersAnswered(app.electron)).toBe(1)
  expect(existsSync(path)).toBe(false)
  writeFileSync(path, 'an older report', { mode: 0o644 })
  await answerSaving(app.electron, path)
  await report.getByRole('button', { name: 'Save…' }).click()
  await expect(page.getByText('Report saved.')).toBeVisible()

  expect(statSync(path).mode & 0o777).toBe(0o600)
  const saved = readFileSync(path, 'utf8')
  for (const text of shown) expect(saved).toContain(text)
  const logged = saved.split('===== log =====\n')[1]
  expect(logged?.trimEnd()).toBe(log.trimEnd())
  expect(saved.match(/^===== .* =====$/gm)).toEqual(
    ['versions', 'queue', 'connection', 'log'].map((name) => `===== ${name} =====`),
  )
  for (const secret of [
    ALICE.password,
    'hidden name',
    'Bearer ey',
    'X-Amz-Signature=',
    harness.folder + '/files',
  ])
    expect(saved).not.toContain(secret)
})

test('the menu checks the connection and looks for updates', { tag: '@host' }, async ({ app }) => {
  const { electron, page } = app
  await clickMenu(electron, 'check-connection')
  await expect(card(page, /^Connection to/).getByRole('status')).toHaveText(allWorks)
  await clickMenu(electron, 'check-updates')
  await expect(page.getByRole('region', { name: 'Updates' })).toBeInViewport()
})

const lockedHome = mkdtempSync(join(tmpdir(), 'modelferry-locked-'))
test.afterAll(() => rmSync(lockedHome, { recursive: true }))

const refusedStarts = [
  [
    'a server that is not encrypted',
    { MODELFERRY_SERVER: 'http://cloud.example/api/v1' },
    'MODELFERRY_SERVER isn’t a valid server address, so nothing was sent.',
  ],
  ['a data folder that can’t be created', { MODELFERRY_HOME: '/dev/null/home' }, 'ENOTDIR'],
  ['a data folder that another process uses', { MODELFERRY_HOME: lockedHome }, join(lockedHome, 'host.lock')],
] as const

for (const [what, changes, reason] of refusedStarts)
  test(`does not start with ${what}, and says why`, { tag: '@host' }, async ({ harness }) => {
    const { program, words } = startWords([])
    const releaseLock = takeHostLock(lockedHome)
    const env = { ...harness.environment, ...changes }
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)))
    const [code] = await once(child, 'exit')
    expect([code, said]).toEqual([1, expect.stringContaining('Modelferry couldn’t start: ')])
    expect(said).toContain(reason)
    releaseLock()
  })
