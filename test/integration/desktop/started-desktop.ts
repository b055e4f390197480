import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { onTestFinished, vi } from 'vitest'
import { callChannel, calls, type CallName } from '../../../electron/contract/calls.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { Settings } from '../../../electron/contract/settings.ts'
import type { AppFolders } from '../../../electron/desktop/app-folders.ts'
import { startDesktop } from '../../../electron/desktop/desktop.ts'
import type { SessionSecretStore } from '../../../electron/desktop/security/secret-store.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import type { Engine } from '../../../electron/engine/engine.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { createLog } from '../../../electron/platform/log.ts'
import { app } from '../../electron-host/app.ts'
import { ipcMain } from '../../electron-host/ipc-main.ts'
import { Menu, type Tray } from '../../electron-host/menus.ts'
import { nativeTheme } from '../../electron-host/native-theme.ts'
import type { Notification } from '../../electron-host/notification.ts'
import { powerMonitor } from '../../electron-host/power.ts'
import { host, theApp } from '../../electron-host/state.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { memorySettings, memoryStore } from '../../support/memory-settings.ts'
import { pretendPlatform } from '../../support/pretended-app.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { emptyTotals } from '../../support/totals.ts'

export type Subscriber = Parameters<Engine['subscribe']>[0]
export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5)

/** The state of the process before the test, to which it returns. No app is really exited. */
export function isolateApp() {
  for (const emitter of [app, powerMonitor, nativeTheme]) removeAddedListeners(emitter)
  removeAddedListeners(process, ['SIGTERM', 'SIGINT', 'SIGHUP'])
  const exit = vi.spyOn(app, 'exit').mockReturnValue(undefined)
  // On macOS, the app watches no bus of the desktop, and its tray icon is always shown.
  pretendPlatform('darwin')
  // Inserted by the build.
  vi.stubGlobal('__UPDATE_KEYS__', '')
  Object.defineProperty(process, 'resourcesPath', { value: '/nonexistent', configurable: true })
  const trays = new Set(host.trays)
  onTestFinished(() => {
    exit.mockRestore()
    theApp().quitCancelled()
    for (const name of Object.keys(calls) as CallName[]) ipcMain.removeHandler(callChannel(name))
    for (const tray of host.trays) if (!trays.has(tray)) host.trays.delete(tray)
    Menu.setApplicationMenu(null)
    Reflect.deleteProperty(process, 'resourcesPath')
    vi.unstubAllGlobals()
  })
  return { exit }
}

/** The desktop after a hidden or a visible start, with an engine that records its calls, in order. */
export function setup(
  given: {
    readonly start?: () => Promise<boolean>
    readonly running?: number
    readonly isVisible?: boolean
    readonly settings?: Partial<Settings>
  } = {},
) {
  const { exit } = isolateApp()
  const home = mkdtempSync(join(tmpdir(), 'modelferry-desktop-'))
  writeFileSync(join(home, 'preload.cjs'), '')
  const log = createLog({ folder: home })
  onTestFinished(async () => {
    // A line that is still being written would create the folder or the file again.
    await log.flush()
    rmSync(home, { recursive: true, force: true })
  })
  const called: string[] = []
  const record =
    <T>(name: string, answer: T) =>
    async () => {
      called.push(name)
      return answer
    }
  const settings = memorySettings(given.settings)
  const memory = memoryStore({ lastFolder: '/models' })
  const subscribers: Subscriber[] = []
  const totals = { ...emptyTotals, running: given.running ?? 0 }
  const rows = [2, 1].map((inFlightBytes) => ({
    ...toUploadRow(uploadRecord(), null),
    inFlightBytes,
  }))
  const applied = vi.fn()
  startDesktop({
    folders: {
      home,
      logs: home,
      page: home,
      preload: join(home, 'preload.cjs'),
      trayIcons: join(projectFolder, 'build/tray'),
    } as AppFolders,
    instance: { startsHidden: () => given.isVisible !== true, listen: () => {} },
    settings,
    isDesktopDark: false,
    language: createLanguage(settings),
    memory,
    createEngine: () =>
      fakeEngine({
        subscribe(subscriber) {
          subscribers.push(subscriber)
          return () => {}
        },
        start: given.start ?? (async () => true),
        snapshot: () => ({ rows, totals, allPaused: false }) as never,
        applySettings: applied,
        windowFocused: () => void called.push('windowFocused'),
        canFinishParts: () => true,
        stop: record('stop', undefined),
        queueRestored: async () => {},
        calls: {
          async watch({ id }) {
            called.push(`watch ${id}`)
            return success(null)
          },
          history: record('history', success({ rows: [], nextBeforeMs: null })),
        },
      }),
    secretStore: { state: () => 'ok', isStuck: () => false } as unknown as SessionSecretStore,
    threads: new Set(),
    log,
  })
  const tray = [...host.trays].at(-1) as Tray
  return {
    settings,
    memory,
    trayItem: (id: string) => tray.menu?.getMenuItemById(id),
    applied,
    called,
    exit,
    /** Passes events of the engine to all subscribers. */
    notify: (pass: (subscriber: Subscriber) => void) => subscribers.forEach(pass),
    async messages() {
      await log.flush()
      const lines = readFileSync(join(home, 'modelferry.log'), 'utf8').trim().split('\n')
      return lines.map((line) => (JSON.parse(line) as { readonly message: string }).message)
    },
  }
}

/** An upload that is registered now. */
export const registered = () => toUploadRow(registeredRecord({ addedAtMs: startMs + 1 }), null)

/** The notifications shown by `act`. */
export function shownBy(act: () => void): readonly Notification[] {
  const before = host.notifications.length
  act()
  return host.notifications.slice(before) as Notification[]
}
