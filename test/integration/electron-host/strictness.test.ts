import * as electron from 'electron'
import { expect, onTestFinished, test } from 'vitest'
import { host } from '../../electron-host/state.ts'

// Specs of the app rely on what the stand-in doesn't emulate being an error instead of doing nothing.
test.each([
  ['app.getFileIcon', () => electron.app.getFileIcon('/')],
  ['safeStorage.encryptString', () => electron.safeStorage.encryptString('x')],
  ['new TouchBar()', () => new electron.TouchBar({})],
  ['session.cookies', () => electron.session.defaultSession.cookies],
  ['BrowserWindow options.kiosk', () => new electron.BrowserWindow({ kiosk: true })],
  ['webPreferences.sandbox: false', () => new electron.BrowserWindow({ webPreferences: { sandbox: false } })],
])('%s is reported as not emulated', (name, use) => {
  host.ready = true
  onTestFinished(() => void (host.ready = false))
  expect(use).toThrow(`electron-host: ${name}`)
})

test('an unanswered dialog is an error', async () => {
  await expect(electron.dialog.showOpenDialog({})).rejects.toThrow('no answer was provided')
})
