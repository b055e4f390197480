import type { Locator, Page } from '@playwright/test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeHostLock } from '../../../electron/host/host-lock.ts'
import { ALICE } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerSaving, pickersAnswered } from '../support/main-steps.ts'
import { drag, pick, rowOf } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

const allWorks = 'All checks passed.'

async function openHelp(page: Page): Promise<void> {
  await pick(page, 'More', 'Troubleshooting')
}

const card = (page: Page, name: string | RegExp): Locator => page.getByRole('region', { name })

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
    const lock = takeHostLock(lockedHome)
    const env = { ...harness.environment, ...changes }
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)))
    const [code] = await once(child, 'exit')
    expect([code, said]).toEqual([1, expect.stringContaining('Modelferry couldn’t start: ')])
    expect(said).toContain(reason)
    lock.release()
  })
