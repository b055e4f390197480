import { FuseV1Options } from '@electron/fuses'
import { readFileSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistFindings } from '../../../support/electron-checklist.ts'
import { projectFolder } from '../../../support/temp-project.ts'

// electronjs.org/docs/latest/tutorial/security; the e2e spec of the same name tests what the built app does.

const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8')
const sources = globSync('{electron,renderer}/**/*.{ts,svelte}', { cwd: projectFolder })

test('the sources violate no point of Electron’s checklist', () => {
  expect(sources.length).toBeGreaterThan(300)
  expect(checklistFindings(sources.map((path) => ({ path, text: read(path) })))).toEqual([])
})

const windowFile = 'electron/desktop/window/main-window.ts'
const securityFile = 'electron/desktop/security/security.ts'
const preferences = /webPreferences: \{[^}]*\}/
const inWindow = (change: (text: string) => string) => ({ path: windowFile, text: change(read(windowFile)) })
const inSecurity = (change: (text: string) => string) => ({
  path: securityFile,
  text: change(read(securityFile)),
})
const inDesktop = (text: string) => ({ path: 'electron/desktop/a.ts', text })
const inPreload = (text: string) => ({
  path: 'electron/preload.ts',
  text: read('electron/preload.ts') + text,
})
const component = (text: string) => ({ path: 'renderer/A.svelte', text })

test.each([
  [1, inDesktop(`app.on('certificate-error', (event, _c, _u, _e, _d, done) => done(true))`)],
  [1, inDesktop(`session.defaultSession.setCertificateVerifyProc((_r, done) => done(0))`)],
  [2, inWindow((text) => text.replace('nodeIntegration: false', 'nodeIntegration: true'))],
  [2, inWindow((text) => text.replace('sandbox: true', 'sandbox: true, nodeIntegrationInWorker: true'))],
  [3, inWindow((text) => text.replace('contextIsolation: true,', ''))],
  [3, inWindow((text) => text.replace('contextIsolation: true', 'contextIsolation: isOn'))],
  [3, inWindow((text) => text.replace(preferences, '$&, ...others'))],
  [3, inWindow((text) => text.replace(preferences, 'webPreferences'))],
  [4, inWindow((text) => text.replace('sandbox: true', 'sandbox: false'))],
  [4, inDesktop(`app.commandLine.appendSwitch('no-sandbox')`)],
  [5, inSecurity((text) => text.replace('respond(false)', "respond(permission === 'media')"))],
  [5, inSecurity((text) => text.replace('() => false', '() => true'))],
  [5, inDesktop(`session['fromPartition']('persist:a')`)],
  [6, inWindow((text) => text.replace('webSecurity: true', 'webSecurity: false'))],
  [7, inDesktop(`eval(text)`)],
  [7, inDesktop(`new Function(text)`)],
  [7, inDesktop(`protocol.registerSchemesAsPrivileged([{ scheme, privileges: { bypassCSP: true } }])`)],
  [7, component('<p>{@html text}</p>')],
  [8, inWindow((text) => text.replace('sandbox: true', 'sandbox: true, allowRunningInsecureContent: true'))],
  [9, inWindow((text) => text.replace('sandbox: true', 'sandbox: true, experimentalFeatures: true'))],
  [10, inDesktop(`const preferences = { enableBlinkFeatures: 'A' }`)],
  [11, inDesktop(`const attributes = { allowpopups: true }`)],
  [12, component('{#if isOpen}<webview src="https://a.example"></webview>{/if}')],
  [12, inDesktop(`document.createElement('webview')`)],
  [12, inSecurity((text) => text.replace(/('will-attach-webview'.*\n) *event.*\n/, '$1'))],
  [13, inSecurity((text) => text.replace(/event\.preventDefault\(\)/, ''))],
  [13, component('<iframe src="https://a.example" title="a"></iframe>')],
  [14, inSecurity((text) => text.replace("action: 'deny'", "action: 'allow'"))],
  [14, inDesktop(`new BrowserWindow({ webPreferences: {} })`)],
  [15, inDesktop(`const { openExternal } = shell`)],
  [15, inDesktop(`shell['openExternal'](address)`)],
  [15, inDesktop(`void shell.openPath(path)`)],
  [17, inDesktop(`import { ipcMain as ipc } from 'electron'`)],
  [18, inWindow((text) => text.replace('loadURL(pageAddress)', "loadURL('file:///a.html')"))],
  [18, inDesktop(`window.loadFile('index.html')`)],
  [20, inPreload(`contextBridge.exposeInIsolatedWorld(1, 'a', {})`)],
  [20, inPreload(`contextBridge.exposeInMainWorld('ipc', ipcRenderer)`)],
  [20, inPreload(`ipcRenderer.sendSync('a')`)],
  [20, inDesktop(`import { ipcRenderer } from 'electron'`)],
])('finds a violation of point %i', (point, source) => {
  expect(checklistFindings([source]).map((finding) => finding.point)).toContain(point)
})

test('one exact version of Electron is installed (16)', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string }>
  }
  expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/)
  expect(packages['node_modules/electron']?.version).toBe(devDependencies['electron'])
})

test('each fuse that Electron has is set, or has a reason for its default (19)', () => {
  const { electronFuses } = parse(read('electron-builder.yml')) as {
    electronFuses: Record<string, boolean>
  }
  const byDefault = [
    // Of use only with a V8 snapshot of our own.
    'LoadBrowserProcessSpecificV8Snapshot',
    // Changes how Wasm checks its bounds, not whether it does.
    'WasmTrapHandlers',
  ]
  const known = Object.keys(FuseV1Options).filter((name) => Number.isNaN(Number(name)))
  const decided = Object.keys(electronFuses).map((name) => name.toLowerCase())
  const isDecided = (name: string) => decided.includes(name.toLowerCase()) || byDefault.includes(name)
  expect(known.filter((name) => !isDecided(name))).toEqual([])
})
