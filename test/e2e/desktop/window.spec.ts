import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import {
  answerBoxes,
  asked,
  clickTray,
  closeWindow,
  isSeen,
  quit,
  trayLabels,
} from '../support/main-steps.ts'
import { ask, drag, rowOf, signIn, underWayText } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

// The button indexes of electron/desktop/window/dialogs.ts.
const closing = { keepSending: 0, quit: 1, cancel: 2 }
const quitting = { quit: 0, quitNow: 1, keepSending: 2 }

/** Signs in and starts an upload that runs until it is released. */
async function underWay({ page }: RunningApp, harness: EngineHarness) {
  await signIn(page)
  const held = harness.cloud.hold('put-object', 1)
  await drag(page, [await harness.file('loras/under way.safetensors')])
  await held.arrived
  await expect(rowOf(page, 'under way')).toContainText(underWayText)
  // Until its thread has reported bytes, a request costs nothing to stop, and is stopped instead of finished.
  await expect.poll(async () => (await ask(page, 'snapshot')).rows[0]?.inFlightBytes).toBeGreaterThan(0)
  return held
}

test('shows its window without ready-to-show', { tag: '@host' }, async ({ harness }) => {
  harness.environment['ELECTRON_HOST_QUIRKS'] = 'no-ready-to-show'
  const { electron } = await harness.start()
  expect(await isSeen(electron)).toBe(true)
})

test('keeps uploading after the window is closed, and asks about it only once', async ({ app, harness }) => {
  const held = await underWay(app, harness)
  await answerBoxes(app.electron, closing.keepSending)
  await closeWindow(app.electron)
  await expect.poll(() => isSeen(app.electron)).toBe(false)
  held.release()
  await harness.cloud.ended('registerModel')
  expect(await asked(app.electron)).toEqual(['Keep uploading when the window is closed?'])
  expect((await ask(app.page, 'settings')).onClose).toBe('keep-sending')

  await app.electron.evaluate(({ app: inside }) => inside.emit('activate'))
  await expect.poll(() => isSeen(app.electron)).toBe(true)
  await expect(rowOf(app.page, 'under way')).toContainText('In the library')
  await closeWindow(app.electron)
  await expect.poll(() => isSeen(app.electron)).toBe(false)
  expect(await asked(app.electron)).toHaveLength(1)
})

test('asks before quitting during an upload, and continues if the user cancels', async ({ app, harness }) => {
  const held = await underWay(app, harness)
  await answerBoxes(app.electron, quitting.keepSending)
  // Windows asks whether the session may end, and the user decides against it.
  await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.emit('query-session-end', {}),
  )
  await quit(app.electron)
  await expect
    .poll(() => asked(app.electron))
    .toEqual([expect.stringMatching(/^1 file continues next time\. /)])
  held.release()
  await expect(rowOf(app.page, 'under way')).toContainText('In the library')
})

test('finishes what is nearly sent before it quits', async ({ app, harness }) => {
  const held = await underWay(app, harness)
  await answerBoxes(app.electron, quitting.quit)
  await quit(app.electron)
  await expect(app.page.getByRole('heading', { name: 'Pausing, finishing 1 part' })).toBeVisible()
  held.release()
  expect(await app.ended).toBe(0)
  expect(harness.cloud.operations.filter(({ name }) => name === 'registerModel')).toHaveLength(1)
})

test(
  'the tray shows the running uploads, and pauses and resumes all',
  { tag: '@host' },
  async ({ app, harness }) => {
    const held = await underWay(app, harness)
    const labels = (sum: RegExp, ...toggles: readonly (string | RegExp)[]) => [
      expect.stringMatching(sum),
      'Open Modelferry',
      ...toggles.map((label) => expect.stringMatching(label)),
      'Speed limit',
      'When uploads finish',
      'Settings…',
      'Quit',
    ]
    await expect.poll(() => trayLabels(app.electron)).toEqual(labels(/^Uploading · /, 'Pause all'))
    await clickTray(app.electron, 'pause-all')
    await expect(app.page.getByRole('button', { name: 'Resume all' })).toBeVisible()
    await expect
      .poll(() => trayLabels(app.electron))
      .toEqual(labels(/^Pausing, finishing 1 part /, 'Resume all', /^Stop now/))
    await clickTray(app.electron, 'stop-pausing')
    await expect.poll(() => trayLabels(app.electron)).toEqual(labels(/^Paused · /, 'Resume all'))
    held.release()
    await clickTray(app.electron, 'resume-all')
    await expect(rowOf(app.page, 'under way')).toContainText('In the library')
  },
)
