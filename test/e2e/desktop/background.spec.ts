import { _electron } from '@playwright/test'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removalDelayMs } from '../../../electron/desktop/tray/tray-availability.ts'
import { openPanel } from '../../support/fake-bus.ts'
import { expect, test } from '../support/fixtures.ts'
import {
  answerBoxes,
  asked,
  clickTray,
  closeWindow,
  notified,
  quit,
  skipTimers,
  windowState,
} from '../support/main-steps.ts'
import { pick } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

// The test host records what Electron would ask of a desktop. The tray service is simulated on the bus.

const keepSending = 0

test(
  'hides a closed window in the tray, and minimises it while the tray is gone',
  { tag: '@host' },
  async ({ harness }) => {
    const panel = await openPanel()
    const { electron } = await harness.start()
    await answerBoxes(electron, keepSending)
    await closeWindow(electron)
    await expect.poll(() => windowState(electron)).toBe('hidden')
    await skipTimers(electron, removalDelayMs)
    panel.end()
    await expect.poll(() => windowState(electron)).toBe('minimised')
    const said = [expect.stringContaining('has no tray icons')]
    await expect.poll(() => notified(electron)).toEqual(said)
    await electron.evaluate(({ app }) => app.emit('activate'))
    await expect.poll(() => windowState(electron)).toBe('shown')
    await closeWindow(electron)
    await expect.poll(() => windowState(electron)).toBe('minimised')
    expect(await notified(electron)).toEqual(said)
    const next = await openPanel()
    await expect.poll(() => windowState(electron)).toBe('hidden')
    next.end()
  },
)

test('shows no window at login when the tray is available', { tag: '@host' }, async ({ harness }) => {
  const panel = await openPanel()
  const { program, words } = startWords(['--hidden'])
  const electron = await _electron.launch({ executablePath: program, args: words, env: harness.environment })
  const log = () => readFileSync(join(harness.home, 'logs/modelferry.log'), 'utf8')
  await expect.poll(() => existsSync(join(harness.home, 'logs/modelferry.log')) && log()).toContain('started')
  expect(await windowState(electron)).toBe('none')
  await clickTray(electron, 'open')
  await expect.poll(() => windowState(electron)).toBe('shown')
  panel.end()
  const ended = once(electron.process(), 'exit')
  await quit(electron)
  await ended
})

test('minimises the window at login when there is no tray', { tag: '@host' }, async ({ harness }) => {
  const { electron } = await harness.start(['--hidden'])
  await expect.poll(() => windowState(electron)).toBe('minimised')
})

test('shows no window after an update in the background', { tag: '@host' }, async ({ harness }) => {
  const begun = { updatingTo: '99.0.0', updatingHiddenAtMs: Date.now() }
  writeFileSync(join(harness.home, 'window.json'), JSON.stringify(begun))
  const { electron, kill } = await harness.start()
  await expect.poll(() => windowState(electron)).toBe('minimised')
  await kill()
  // A later start by the user shows the window.
  const next = await harness.start()
  await expect.poll(() => windowState(next.electron)).toBe('shown')
})

test('writes a real entry to start at login, and the switch shows its actual state', async ({
  page,
  harness,
}) => {
  test.skip(process.platform !== 'linux', 'the entry is a file on Linux alone')
  const entry = join(harness.folder, 'config/autostart/modelferry.desktop')
  await pick(page, 'More', 'Settings')
  const atLogin = page.getByRole('switch', { name: 'Start at login' })
  await expect(atLogin).not.toBeChecked()
  await atLogin.click()
  await expect(atLogin).toBeChecked()
  expect(readFileSync(entry, 'utf8')).toMatch(/^Exec=.* --hidden$/m)
  execFileSync('desktop-file-validate', [entry])
  rmSync(entry)
  await page.evaluate(() => window.dispatchEvent(new Event('focus')))
  await expect(atLogin).not.toBeChecked()
})

test('opens a view by link, and explains that a file on an unmounted share can’t be added', async ({
  page,
  app,
  harness,
}) => {
  await answerBoxes(app.electron, 0)
  // A file manager starts the app, which hands its arguments to the running one and ends.
  const open = (address: string) => {
    const { program, words } = startWords([address])
    return once(spawn(program, words, { env: harness.environment, stdio: 'ignore' }), 'exit')
  }
  await open('modelferry://show/settings')
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  await open('smb://nas/models/x.safetensors')
  await expect.poll(() => asked(app.electron)).toEqual([expect.stringContaining('isn’t mounted as a folder')])
})
