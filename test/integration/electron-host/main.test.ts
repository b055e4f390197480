import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { electronHost, hostAppFolder, launchHostApp } from '../../support/host-app.ts'
import type { HostApp } from '../../support/host-app.ts'

// What the host must do and must reject, on an app of its own, so that specs of the real app can rely on it.

let host: HostApp
beforeAll(async () => {
  host = await launchHostApp()
})
afterAll(() => host.end())

test.each([
  ['electron.app.getFileIcon("/")', 'app.getFileIcon'],
  ['electron.safeStorage.encryptString("x")', 'safeStorage.encryptString'],
  ['new electron.TouchBar({})', 'new TouchBar()'],
  ['electron.session.defaultSession.cookies', 'session.cookies'],
  [
    'electron.session.defaultSession.webRequest.onHeadersReceived(null)',
    'session.webRequest.onHeadersReceived',
  ],
  ['win.setContentProtection(true)', 'BrowserWindow.setContentProtection'],
  ['win.webContents.printToPDF({})', 'webContents.printToPDF'],
  [`win.on('no-such-event', () => {})`, "BrowserWindow.on('no-such-event')"],
  ['new electron.BrowserWindow({ kiosk: true })', 'BrowserWindow options.kiosk'],
  ['new electron.BrowserWindow({ webPreferences: { sandbox: false } })', 'webPreferences.sandbox: false'],
  [
    'new electron.BrowserWindow({ webPreferences: { contextIsolation: false } })',
    'webPreferences.contextIsolation',
  ],
  ['electron.dialog.showCertificateTrustDialog({})', 'dialog.showCertificateTrustDialog'],
])('%s is reported as not emulated', async (code, name) => {
  expect(await host.inMain(code)).toContain(`electron-host: ${name}`)
  expect(await host.inMain(code)).toContain('is not emulated')
})

test('an unanswered dialog is an error', async () => {
  expect(await host.inMain('electron.dialog.showOpenDialog({}).catch(String)')).toContain(
    'no answer was provided',
  )
})

test('a window whose close is prevented is hidden but not destroyed', async () => {
  await expect.poll(() => host.inMain('win.isVisible()')).toBe(true)
  await host.inMain('win.close()')
  expect(await host.inMain(`[win.isVisible(), win.isDestroyed()]`)).toEqual([false, false])
})

test('a second start passes its arguments on and ends', async () => {
  await promisify(execFile)(electronHost, [hostAppFolder, '/some/file.gguf'], {
    env: host.environment,
  })
  await expect.poll(() => host.inMain('globalThis.handedOver')).toBe('/some/file.gguf')
})

test('the data folder contains no Chromium files', async () => {
  const userData = String(await host.inMain('electron.app.getPath("userData")'))
  expect(readdirSync(userData).sort()).toEqual(['SingletonInbox', 'SingletonLock'])
})

test('a tray needs an existing image', async () => {
  expect(await host.inMain('new electron.Tray("/no/such.png")')).toContain('Failed to load image')
  const icon = `electron.nativeImage.createFromDataURL('data:image/png;base64,${onePixel}')`
  expect(await host.inMain(`new electron.Tray(${icon}).image.getSize()`)).toEqual({ width: 1, height: 1 })
})

test('a destroyed window throws, as in Electron', async () => {
  await host.inMain(`(globalThis.gone = win, globalThis.gone.destroy())`)
  await expect.poll(() => host.inMain('globalThis.gone.isDestroyed()')).toBe(true)
  expect(await host.inMain('globalThis.gone.show()')).toBe('TypeError: Object has been destroyed')
  expect(await host.inMain('globalThis.gone.webContents')).toBe('TypeError: Object has been destroyed')
})

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
