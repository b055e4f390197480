import { EventEmitter } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { restrictSession, restrictWebContents } from '../../../electron/desktop/security/security.ts'
import { app } from '../../electron-host/app.ts'
import { defaultSession, isCancelled, isGranted } from '../../electron-host/session.ts'
import type { HostContents } from '../../electron-host/shapes.ts'
import { host } from '../../electron-host/state.ts'
import { event } from '../../electron-host/strict.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { pretendPackaged } from '../../support/pretended-app.ts'

/** The page chooses it, so it may have any length. */
const longAddress = `https://elsewhere.example/${'x'.repeat(300)}`
const loggedAddress = longAddress.slice(0, 200)

/** Contents of a new window after the restrictions. */
function openContents() {
  removeAddedListeners(app)
  const { log, lines } = createTestEnvironment(standingClock())
  const eventsBefore = host.events.length
  restrictWebContents(log)
  let open: (details: object) => unknown = () => undefined
  let policy = ''
  const contents = Object.assign(new EventEmitter(), {
    setWebRTCIPHandlingPolicy: (one: string) => void (policy = one),
    setWindowOpenHandler: (handler: typeof open) => void (open = handler),
  })
  app.emit('web-contents-created', event(), contents)
  return {
    lines,
    policy,
    recorded: host.events.slice(eventsBefore).map(({ kind }) => kind),
    open: (url: string) => open({ url }),
    /** Whether the app prevents the event. */
    isPrevented(name: string, ...words: unknown[]) {
      const asked = event()
      contents.emit(name, asked, ...words)
      return asked.defaultPrevented
    },
  }
}

const warning = (message: string, facts: object = {}) => ({ level: 'warn', message, facts })

test('all pages run in a sandbox and without WebRTC over UDP', () => {
  const { recorded, policy } = openContents()
  expect(recorded).toEqual(['app.enableSandbox()'])
  expect(policy).toBe('disable_non_proxied_udp')
})

test('keeps --no-sandbox, without which the app does not start as root', () => {
  host.switches.set('no-sandbox', '')
  onTestFinished(() => void host.switches.delete('no-sandbox'))
  expect(openContents().recorded).toEqual([])
  expect(app.commandLine.hasSwitch('no-sandbox')).toBe(true)
})

test.each([
  ['will-navigate', 'a navigation was prevented'],
  ['will-redirect', 'a redirect was prevented'],
])('%s is prevented, also within the app, and its address is logged in short', (name, message) => {
  const { lines, isPrevented } = openContents()
  expect(isPrevented(name, longAddress)).toBe(true)
  expect(isPrevented(name, 'app://ui/other.html')).toBe(true)
  expect(lines).toEqual([
    warning(message, { url: loggedAddress }),
    warning(message, { url: 'app://ui/other.html' }),
  ])
})

test('webviews and new windows are denied', () => {
  const { lines, isPrevented, open } = openContents()
  expect(isPrevented('will-attach-webview')).toBe(true)
  expect(open(longAddress)).toEqual({ action: 'deny' })
  expect(lines).toEqual([
    warning('a webview was denied'),
    warning('a new window was denied', { url: loggedAddress }),
  ])
})

/** The session of the page after the restrictions. */
function restrict() {
  removeAddedListeners(defaultSession)
  const { log, lines } = createTestEnvironment(standingClock())
  restrictSession(log)
  onTestFinished(() => {
    defaultSession.setPermissionRequestHandler(null)
    defaultSession.setPermissionCheckHandler(null)
    defaultSession.webRequest.onBeforeRequest(null)
  })
  const details = { id: 1, method: 'GET', resourceType: 'image', webContentsId: 1, timestamp: 0 }
  return {
    lines,
    isCancelled: (url: string) => isCancelled({ ...details, url }),
    isGranted: (permission: string) => isGranted({} as HostContents, permission, 'app://ui'),
  }
}

test('the page has no permission, whether it checks or requests it', async () => {
  const { lines, isGranted: isAllowed } = restrict()
  expect(await isAllowed('media')).toBe(false)
  expect(lines).toEqual([])
  defaultSession.setPermissionCheckHandler(null)
  expect(await isAllowed('geolocation')).toBe(false)
  expect(lines).toEqual([warning('a permission was denied', { permission: 'geolocation' })])
})

test('the page can only load its own files', async () => {
  const { lines, isCancelled: isRefused } = restrict()
  expect(await isRefused('app://ui/index.html')).toBe(false)
  expect(lines).toEqual([])
  expect(await isRefused(longAddress)).toBe(true)
  expect(lines).toEqual([warning('a request of the page was cancelled', { url: loggedAddress })])
})

test('the developer tools can load their files in development only', async () => {
  const { isCancelled: isRefused } = restrict()
  expect(await isRefused('devtools://devtools/x.js')).toBe(false)
  pretendPackaged()
  expect(await isRefused('devtools://devtools/x.js')).toBe(true)
})

test('a script can save no files', () => {
  const { lines } = restrict()
  const download = event()
  defaultSession.emit('will-download', download, { getURL: () => longAddress })
  expect(download.defaultPrevented).toBe(true)
  expect(lines).toEqual([warning('a download was denied', { url: loggedAddress })])
})
