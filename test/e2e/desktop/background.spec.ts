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
  clickMenu,
  clickTray,
  closeWindow,
  isSeen,
  notified,
  quit,
  skipTimers,
  windowState,
  written,
} from '../support/main-steps.ts'
import { drag, pick, rowOf, signIn } from '../support/page-steps.ts'
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

test(
  'prevents sleep while bytes are sent, and not while everything is paused',
  { tag: '@host' },
  async ({ app, harness }) => {
    const { electron, page } = app
    const blocks = async () => [
      (await written(electron, 'power-save-start')).length,
      (await written(electron, 'power-save-stop')).length,
    ]
    await signIn(page)
    expect(await blocks()).toEqual([0, 0])
    const held = harness.cloud.hold('put-object', 1)
    await drag(page, [await harness.file('loras/awake.safetensors')])
    await held.arrived
    await expect.poll(blocks).toEqual([1, 0])
    await page.getByRole('button', { name: 'Pause all' }).click()
    await page
      .getByRole('button', { name: /^Stop now/ })
      .first()
      .click()
    await expect.poll(blocks).toEqual([1, 1])
    held.release()
  },
)

test(
  'notifies once about a finished batch, and a click shows its models in the library',
  { tag: '@host' },
  async ({ app, harness }) => {
    const { electron, page } = app
    await signIn(page)
    await answerBoxes(electron, keepSending)
    const held = harness.cloud.hold('put-object', 2)
    await drag(page, [
      await harness.file('loras/one.safetensors'),
      await harness.file('loras/two.safetensors'),
    ])
    await held.arrived
    await pick(page, 'More', 'Settings')
    await closeWindow(electron)
    await expect.poll(() => isSeen(electron)).toBe(false)
    held.release()
    // Either of two parallel uploads may finish first.
    await expect
      .poll(() => notified(electron))
      .toEqual([expect.stringMatching(/^(“one”, “two”|“two”, “one”)$/)])
    await electron.evaluate(() => globalThis.__electronHost.notifications.at(-1)?.emit('click'))
    await expect.poll(() => isSeen(electron)).toBe(true)
    await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible()
    for (const name of ['one', 'two'])
      await expect(rowOf(page, name)).toHaveAttribute('aria-selected', 'true')
  },
)

test(
  'shows progress and the number of problems in the taskbar',
  { tag: '@host' },
  async ({ app, harness }) => {
    const { electron, page } = app
    await signIn(page)
    const bars = async () => (await written(electron, 'progress-bar')).map(({ options }) => options)
    const held = harness.cloud.hold('put-object', 1)
    await drag(page, [await harness.file('loras/far.safetensors')])
    await held.arrived
    await expect.poll(bars).toContainEqual({ mode: 'normal' })
    held.release()
    await expect.poll(async () => (await bars()).at(-1)).toEqual({ mode: 'none' })
    await drag(page, [await harness.file('loras/refused.safetensors', { sizeBytes: 9_000, cutBytes: 100 })])
    await expect.poll(() => electron.evaluate(({ app: inside }) => inside.badgeCount)).toBe(1)
  },
)

test('announces the action chosen for the end, and lets the user cancel it', async ({ app, harness }) => {
  const { page } = app
  await signIn(page)
  const held = harness.cloud.hold('put-object', 1)
  await drag(page, [await harness.file('loras/last.safetensors')])
  await held.arrived
  await pick(page, 'More', 'Settings')
  await page.getByLabel('When uploads finish').click()
  await page.getByRole('option', { name: 'Quit Modelferry' }).click()
  // The choice has to be stored before the uploads finish.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const answer = await window.testBridge.conditions()
        return answer.ok ? answer.value.whenDone : null
      }),
    )
    .toBe('quit')
  held.release()
  await expect(page.getByText('All uploads are done. Modelferry quits in one minute.')).toBeVisible()
  await page.getByRole('button', { name: 'Don’t quit' }).click()
  await expect(page.getByText('All uploads are done.')).toBeHidden()
})

test('keeps the zoom after a restart', async ({ app, harness }) => {
  const widths = async (page: typeof app.page) => page.evaluate(() => innerWidth)
  const whole = await widths(app.page)
  await clickMenu(app.electron, 'zoom-in')
  await expect.poll(() => widths(app.page)).toBeLessThan(whole)
  const zoomed = await widths(app.page)
  await app.kill()
  const again = await harness.start()
  await expect.poll(() => widths(again.page)).toBe(zoomed)
  await clickMenu(again.electron, 'zoom-reset')
  await expect.poll(() => widths(again.page)).toBe(whole)
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
