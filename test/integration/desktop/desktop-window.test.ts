import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { callChannel, type CallName } from '../../../electron/contract/calls.ts'
import { eventChannel, type EventName } from '../../../electron/contract/events.ts'
import type { AppFolders } from '../../../electron/desktop/app-folders.ts'
import { registerAppScheme, setupAppProtocol } from '../../../electron/desktop/security/app-protocol.ts'
import { startDesktop } from '../../../electron/desktop/desktop.ts'
import type { SessionSecretStore } from '../../../electron/desktop/security/secret-store.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import { createLog } from '../../../electron/platform/log.ts'
import { app } from '../../electron-host/app.ts'
import { openBrowser } from '../../electron-host/browser.ts'
import { startChromium } from '../../electron-host/chromium.ts'
import { dialog } from '../../electron-host/desktop.ts'
import { invoke } from '../../electron-host/ipc-main.ts'
import { Menu } from '../../electron-host/menus.ts'
import { powerMonitor } from '../../electron-host/power.ts'
import type { HostContents } from '../../electron-host/shapes.ts'
import { host } from '../../electron-host/state.ts'
import type { BrowserWindow } from '../../electron-host/window/browser-window.ts'
import { memorySettings, memoryStore } from '../../support/memory-settings.ts'
import { patchOf } from '../../support/totals.ts'
import { isolateApp, registered, setup, shownBy } from './started-desktop.ts'

let page: string

beforeAll(async () => {
  page = mkdtempSync(join(tmpdir(), 'modelferry-page-'))
  writeFileSync(join(page, 'index.html'), '<title>a title of the page</title>')
  writeFileSync(join(page, 'preload.cjs'), '')
  const chromium = await startChromium([])
  vi.stubEnv('ELECTRON_HOST_BROWSER', JSON.stringify({ url: chromium.url, switches: [] }))
  host.browser = await openBrowser([])
  vi.unstubAllEnvs()
  return async () => {
    host.browser = undefined
    await chromium.end()
    rmSync(page, { recursive: true, force: true })
  }
})

beforeEach(() => {
  const keepRunning = () => {}
  app.on('window-all-closed', keepRunning)
  registerAppScheme()
  host.ready = true
  setupAppProtocol(page, { info() {}, warn() {}, error() {} })
  return () => {
    app.off('window-all-closed', keepRunning)
    host.ready = false
    host.protocols.clear()
    host.schemes.clear()
  }
})

const currentWindow = () => [...host.windows.values()].at(-1) as unknown as BrowserWindow
const closeWindows = async () => {
  if (host.windows.size > 0) currentWindow().destroy()
  await expect.poll(() => host.windows.size).toBe(0)
}

const newlyRegistered = () => ({ ...registered(), addedAtMs: Date.now() })

/** The desktop with its window, whose page listens to events; `sent` are those of these names, in order. */
async function setupWindow(given: { readonly running?: number } = {}) {
  const desktop = setup({ ...given, isVisible: true })
  onTestFinished(closeWindows)
  await expect.poll(() => currentWindow().webContents.getTitle()).toBe('a title of the page')
  await expect.poll(() => currentWindow().isVisible()).toBe(true)
  const { webContents } = currentWindow()
  const call = async (name: CallName, args?: unknown): Promise<unknown> =>
    JSON.parse(String(await invoke(webContents as unknown as HostContents, callChannel(name), [args])))
  const send = vi.spyOn(webContents, 'send').mockReturnValue(undefined)
  await call('snapshot')
  send.mockClear()
  return {
    ...desktop,
    call,
    window: currentWindow(),
    sent: (...names: readonly EventName[]) =>
      send.mock.calls.flatMap(([channel, text]) =>
        names
          .filter((name) => eventChannel(name) === channel)
          .map((name): [string, unknown] => [name, JSON.parse(String(text))]),
      ),
  }
}

const engineEvents = [
  ...(['flow', 'details', 'session', 'library', 'added', 'reading'] as const),
  ...(['waitingFiles', 'reviews', 'finding', 'workflow', 'watching'] as const),
]

test('the page gets what the engine reports, and changed settings, languages and conditions', async () => {
  const { notify, sent, settings, call } = await setupWindow()
  for (const name of engineEvents) notify((subscriber) => subscriber[name]?.({ name } as never))
  expect(sent(...engineEvents)).toEqual(engineEvents.map((name) => [name, { name }]))

  settings.change({ atOnce: 3 })
  expect(sent('settings', 'surroundings')).toMatchObject([['settings', { atOnce: 3 }]])
  settings.change({ language: 'zh-Hans' })
  expect(sent('settings', 'surroundings').slice(1)).toMatchObject([
    ['settings', { language: 'zh-Hans' }],
    ['surroundings', { locale: 'zh-Hans' }],
  ])

  await call('setWhenDone', { whenDone: 'sleep' })
  expect(sent('conditions').at(-1)).toMatchObject(['conditions', { whenDone: 'sleep' }])
  onTestFinished(() => void (powerMonitor.onBatteryPower = false))
  powerMonitor.onBatteryPower = true
  settings.change({ atOnce: 4 })
  await expect
    .poll(() => sent('conditions').at(-1))
    .toMatchObject(['conditions', { power: { isOnBattery: true } }])
})

test('the page is told together which uploads were skipped after they had been queued', async () => {
  const { notify, sent } = await setupWindow()
  const names = ['a.safetensors', 'b.safetensors']
  for (const fileName of names)
    notify(({ leftOut }) => leftOut?.({ id: fileName, fileName, accountId: 'alice' }))
  const skipped = names.map((name) => ({ name, reason: 'path-taken' }))
  await expect
    .poll(() => sent('added'))
    .toEqual([['added', { added: 0, refused: 0, skipped, wereQueued: true }]])
})

test('a hidden window is shown with what it missed, or at what the user has chosen', async () => {
  const { notify, sent, window, settings } = await setupWindow()
  const patchShown = patchOf({ running: 1 })
  notify(({ patch }) => patch?.(patchShown))
  settings.change({ onClose: 'keep-sending' })
  window.close()
  await expect.poll(() => window.isVisible()).toBe(false)
  const missed = patchOf({ running: 2 })
  notify(({ patch }) => patch?.(missed))
  expect(sent('patch')).toEqual([['patch', patchShown]])
  app.emit('activate')
  expect([window.isVisible(), sent('patch').slice(1)]).toEqual([true, [['patch', missed]]])

  window.hide()
  Menu.getApplicationMenu()?.getMenuItemById('show-history')?.click()
  expect([window.isVisible(), sent('command')]).toEqual([true, [['command', 'show-history']]])

  window.hide()
  const [shown] = shownBy(() => notify(({ patch }) => patch?.(patchOf({}, newlyRegistered()))))
  shown?.emit('click')
  expect([window.isVisible(), sent('reveal').length]).toEqual([true, 1])

  const eventsBefore = host.events.length
  Menu.getApplicationMenu()?.getMenuItemById('documentation')?.click()
  expect(host.events.slice(eventsBefore)).toMatchObject([
    { kind: 'open-external', url: 'https://modelferry.app/documentation' },
  ])
})

test('a page that is loaded again gets no events before its snapshot; it closes after the uploads', async () => {
  const { notify, sent, window, called, call, settings } = await setupWindow()
  const loads = () => called.filter((name) => name === 'watch null').length
  expect(loads()).toBe(1)
  window.webContents.reload()
  await expect.poll(loads).toBe(2)
  notify(({ flow }) => flow?.({} as never))
  expect(sent('flow')).toEqual([])
  await call('snapshot')
  notify(({ flow }) => flow?.({} as never))
  expect(sent('flow')).toHaveLength(1)

  await expect.poll(() => window.webContents.isLoading()).toBe(false)
  settings.change({ onClose: 'keep-sending' })
  removeQuitLimit()
  app.quit()
  await expect.poll(() => called).toContain('stop')
  await expect.poll(() => host.windows.size).toBe(0)
})

/** Otherwise the time limit of quitting would end the process during a later test. */
function removeQuitLimit(): void {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** The user answers message boxes with this button; `isParentVisible` is about their window when they were asked. */
function answerBoxes(response: number) {
  const asked: { message: string; detail: string; isParentVisible: boolean }[] = []
  const box = vi.spyOn(dialog, 'showMessageBox').mockImplementation((async (
    parent: BrowserWindow,
    options: { message: string; detail: string },
  ) => {
    asked.push({ ...options, isParentVisible: parent.isVisible() })
    return { response }
  }) as never)
  onTestFinished(() => box.mockRestore())
  return asked
}

test('quitting without a window opens one to ask how, with the uploads and what would be sent again', async () => {
  const asked = answerBoxes(2)
  const { called, exit } = setup({ running: 2 })
  onTestFinished(closeWindows)
  app.quit()
  await expect.poll(() => asked).toHaveLength(1)
  expect(asked).toMatchObject([
    {
      message: expect.stringMatching(/2 .*\b3 (?:B|bytes)\b/),
      isParentVisible: true,
    },
  ])
  expect([called.includes('stop'), exit.mock.calls]).toEqual([false, []])
})

test('the window is closed if the engine cannot use the journal', async () => {
  isolateApp()
  const settings = memorySettings()
  const log = createLog({ folder: page })
  // A line that is still being written would create the folder again after it was removed.
  onTestFinished(() => log.flush())
  let windowsOpen = 0
  const start = () =>
    startDesktop({
      folders: { preload: join(page, 'preload.cjs') } as AppFolders,
      instance: { startsHidden: () => false, listen: () => expect.unreachable() },
      settings,
      isDesktopDark: false,
      language: createLanguage(settings),
      memory: memoryStore(),
      createEngine() {
        windowsOpen = host.windows.size
        throw new Error('no journal')
      },
      secretStore: {} as SessionSecretStore,
      threads: new Set(),
      log,
    })
  expect(start).toThrow('no journal')
  expect(windowsOpen).toBe(1)
  await expect.poll(() => host.windows.size).toBe(0)
})
