import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { registerAppScheme, setupAppProtocol } from '../../../electron/desktop/security/app-protocol.ts'
import { createMainWindow } from '../../../electron/desktop/window/main-window.ts'
import { app } from '../../electron-host/app.ts'
import { openBrowser } from '../../electron-host/browser.ts'
import { startChromium } from '../../electron-host/chromium.ts'
import { screen } from '../../electron-host/desktop.ts'
import { nativeTheme } from '../../electron-host/native-theme.ts'
import { host } from '../../electron-host/state.ts'
import type { BrowserWindow } from '../../electron-host/window/browser-window.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { memoryStore } from '../../support/memory-settings.ts'

let page: string
const keepRunning = () => {}

beforeAll(async () => {
  page = mkdtempSync(join(tmpdir(), 'modelferry-page-'))
  writeFileSync(join(page, 'index.html'), '<title>a title of the page</title>')
  const chromium = await startChromium([])
  vi.stubEnv('ELECTRON_HOST_BROWSER', JSON.stringify({ url: chromium.url, switches: [] }))
  host.browser = await openBrowser([])
  vi.unstubAllEnvs()
  app.on('window-all-closed', keepRunning)
  return async () => {
    app.off('window-all-closed', keepRunning)
    host.browser = undefined
    await chromium.end()
    rmSync(page, { recursive: true })
  }
})

beforeEach(() => {
  registerAppScheme()
  host.ready = true
  setupAppProtocol(page, createTestEnvironment(standingClock()).log)
  return () => {
    host.ready = false
    host.protocols.clear()
    host.schemes.clear()
  }
})

/** The main window with these stored values, which is not open yet. */
function setup(stored: Readonly<Record<string, unknown>> = {}) {
  removeAddedListeners(nativeTheme)
  const memory = memoryStore(stored)
  const clock = standingClock()
  const { log, lines } = createTestEnvironment(clock)
  const preload = join(page, 'preload.cjs')
  writeFileSync(preload, '')
  const window = createMainWindow({ preload, memory, timers: clock.timers, log })
  const events: string[] = []
  for (const name of ['shown', 'page-loading'] as const) window.events.on(name, () => void events.push(name))
  const current = () => window.browserWindow() as unknown as BrowserWindow
  onTestFinished(async () => {
    window.browserWindow()?.destroy()
    await expect.poll(() => host.windows.size).toBe(0)
  })
  /** Waits until the page is drawn. */
  async function loaded() {
    await expect.poll(() => current().webContents.getTitle()).toBe('a title of the page')
    await expect.poll(() => current().webContents.isLoading()).toBe(false)
  }
  return {
    window,
    memory,
    lines,
    clock,
    events,
    current,
    loaded,
    /** Opens the window and waits for its page. */
    async open() {
      window.show()
      await loaded()
    },
    async close() {
      current().close()
      await expect.poll(() => window.browserWindow()).toBeNull()
    },
  }
}

test('shows the window once its page is drawn', async () => {
  const { window, events, current, loaded } = setup()
  window.show()
  expect([window.isVisible(), window.isHidden(), window.isFocused()]).toEqual([false, true, false])
  await loaded()
  expect([window.isVisible(), window.isHidden(), window.isFocused()]).toEqual([true, false, true])
  expect(events).toEqual(['page-loading', 'shown'])
  expect(current().getTitle()).toBe(app.getName())
  expect(current().autoHideMenuBar).toBe(true)
  expect(current().isMaximized()).toBe(false)
  expect(current().isFullScreen()).toBe(false)
})

test('shows a window although its page is not loaded within three seconds', () => {
  const { window, clock } = setup()
  window.show()
  clock.advance(2_999)
  expect(window.isVisible()).toBe(false)
  clock.advance(1)
  expect(window.isVisible()).toBe(true)
})

test('shows a window at once as the parent of a dialog, as it was when it was last closed', async () => {
  const { window, current, loaded } = setup({ maximized: true })
  const parent = window.visibleWindow()
  expect([parent === window.browserWindow(), window.isVisible(), current().isMaximized()]).toEqual([
    true,
    true,
    true,
  ])
  await loaded()
  current().minimize()
  window.visibleWindow()
  expect(window.isVisible()).toBe(true)
  window.hide()
  window.visibleWindow()
  expect([window.isVisible(), host.windows.size]).toEqual([true, 1])
})

test('a window that is hidden before its page is drawn stays hidden', async () => {
  const { window, clock, loaded } = setup()
  window.minimise()
  window.hide()
  await loaded()
  clock.advance(3_000)
  expect([window.isVisible(), window.isHidden()]).toEqual([false, true])
  window.show()
  expect(window.isVisible()).toBe(true)
})

test('a window that was closed before its page was drawn is not shown', async () => {
  const { window, clock, close } = setup()
  window.show()
  await close()
  expect(clock.waits()).toEqual([])
})

test('showing an open window again brings it to the front', async () => {
  const { window, events, current, open } = setup()
  await open()
  const first = current()
  first.blur()
  const reload = vi.spyOn(first.webContents, 'reload')
  window.show()
  expect([current(), host.windows.size, window.isFocused()]).toEqual([first, 1, true])
  expect([events, reload.mock.calls]).toEqual([['page-loading', 'shown'], []])
})

test('a window that is opened minimised is not shown', async () => {
  const { window, events, current, loaded } = setup({ maximized: true })
  window.minimise()
  await loaded()
  expect([current().isMinimized(), window.isVisible(), window.isHidden()]).toEqual([true, false, false])
  expect(events).toEqual(['page-loading'])
  window.show()
  expect([current().isMinimized(), window.isVisible(), window.isFocused()]).toEqual([false, true, true])
  expect(current().isMaximized()).toBe(true)
  expect(events).toEqual(['page-loading', 'shown'])
})

test('a window that was opened minimised, and was never shown, keeps its stored placement', async () => {
  const { window, memory, loaded, close } = setup({ maximized: true })
  window.minimise()
  await loaded()
  await close()
  expect(memory.read()).toEqual({ maximized: true })
})

test('a window that was opened minimised is maximised when the user restores it', async () => {
  const { window, current, loaded } = setup({ maximized: true })
  window.minimise()
  await loaded()
  current().restore()
  expect([window.isVisible(), current().isMaximized()]).toEqual([true, true])
})

test('a window that is opened again keeps its zoom and full screen', async () => {
  const { window, current, open, close } = setup()
  await open()
  window.zoom('in')
  current().setFullScreen(true)
  await close()
  await open()
  await expect.poll(() => current().webContents.getZoomFactor()).toBe(1.1)
  expect(current().isFullScreen()).toBe(true)
})

test('a hidden window is in the taskbar again when it is minimised', async () => {
  const { window, events, current, open } = setup()
  await open()
  window.hide()
  expect([window.isVisible(), window.isHidden(), window.isFocused()]).toEqual([false, true, false])
  window.minimise()
  expect([current().isMinimized(), window.isVisible(), window.isHidden()]).toEqual([true, false, false])
  expect([events, host.windows.size]).toEqual([['page-loading', 'shown', 'shown'], 1])
})

test('a hidden window is placed again if the displays have changed', async () => {
  const { window, current, open } = setup()
  await open()
  window.hide()
  const area = { x: 0, y: 0, width: 1280, height: 800 }
  const displays = vi.spyOn(screen, 'getAllDisplays')
  displays.mockReturnValue([{ ...screen.getPrimaryDisplay(), bounds: area, workArea: area }])
  onTestFinished(() => displays.mockRestore())
  window.show()
  expect(current().getBounds()).toEqual({ x: 160, y: 80, width: 960, height: 640 })
})

test('a listener can keep the window open, and its placement is stored anyway', async () => {
  const { window, memory, current, open } = setup()
  await open()
  const closing = vi.fn((event: { preventDefault(): void }) => event.preventDefault())
  window.events.on('close', closing)
  current().setBounds({ x: 1, y: 2, width: 600, height: 500 })
  current().close()
  expect(memory.read()).toMatchObject({ bounds: { x: 1, y: 2, width: 600, height: 500 } })
  expect(closing).toHaveBeenCalledTimes(1)
  expect(await current().webContents.executeJavaScript('1 + 1')).toBe(2)
  expect(window.webContentsId()).toBe(current().webContents.id)
})

test('the background follows the theme, so that nothing flashes before the page is drawn', async () => {
  onTestFinished(() => void (nativeTheme.themeSource = 'system'))
  nativeTheme.themeSource = 'dark'
  const { current, open, close } = setup()
  await open()
  expect(current().getBackgroundColor()).toBe('#191d22')
  nativeTheme.themeSource = 'light'
  await expect.poll(() => current().getBackgroundColor()).toBe('#ffffff')
  nativeTheme.themeSource = 'dark'
  await expect.poll(() => current().getBackgroundColor()).toBe('#191d22')
  await close()
  nativeTheme.themeSource = 'light'
})

test('logs that the page could not be loaded', async () => {
  host.protocols.clear()
  host.schemes.clear()
  const { window, lines } = setup()
  window.show()
  await expect.poll(() => lines).toMatchObject([{ level: 'error', message: 'the page could not be loaded' }])
})
