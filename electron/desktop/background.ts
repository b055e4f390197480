import { app, clipboard, shell as system } from 'electron'
import { join } from 'node:path'
import process from 'node:process'
import type { CallHandlers, CallNameIn } from '../contract/calls.ts'
import type { Conditions } from '../contract/conditions.ts'
import { success } from '../contract/failures.ts'
import type { Patch, Snapshot } from '../contract/uploads.ts'
import type { Engine } from '../engine/engine.ts'
import { addressOf } from './security/allowed-addresses.ts'
import { createConditions } from './conditions/conditions.ts'
import type { AppFolders } from './app-folders.ts'
import { createFileManagers } from './integration/file-managers.ts'
import type { Language } from './settings/language.ts'
import type { FileLog } from '../platform/log.ts'
import { createLoginItem } from './integration/login-item.ts'
import { createNotifications } from './tray/notifications.ts'
import { openExternal } from './security/open-external.ts'
import { needsMenuEntry, launchCommand } from './integration/launch-command.ts'
import type { PageFeed } from './window/page-feed.ts'
import { realTimers } from '../platform/system-environment.ts'
import { createRecentUploads } from './tray/recent-uploads.ts'
import type { JsonStore, SettingsStore } from '../platform/settings.ts'
import { suspendCommand, suspendComputer } from './power/suspend.ts'
import { createTaskbar } from './tray/taskbar.ts'
import type { TrayAvailability } from './tray/tray-availability.ts'
import type { TrayActions } from './tray/tray-menu.ts'
import { createTray, type TrayIcon } from './tray/tray.ts'
import { createWhenDone } from './power/when-done.ts'
import type { MainWindow } from './window/main-window.ts'
import { startConditionMonitors } from './conditions/condition-monitors.ts'

export interface Background {
  readonly calls: Pick<CallHandlers, CallNameIn<'background'>>
  patch(patch: Patch): void
  /** The window went to the dock, since no tray would show that the app is there. */
  tellNoTray(): void
  /** Another person may have signed in. */
  sessionChanged(): void
  settingsChanged(): void
  /** The queue is there: what is shown of it is read. */
  started(): void
}

interface Parts {
  readonly folders: AppFolders
  readonly settings: SettingsStore
  readonly isDesktopDark: boolean
  readonly language: Language
  readonly engine: Engine
  readonly window: MainWindow
  readonly feed: PageFeed
  readonly trayHost: TrayAvailability
  readonly memory: JsonStore
  readonly onFiles: (paths: readonly string[]) => void
  readonly log: FileLog
}

/** What goes on while nobody looks: tray, taskbar, notifications, power, network, schedule, and what follows from them. */
export function setupBackground(parts: Parts): Background {
  const { settings, language, engine, window, feed, log } = parts
  const environment = { now: Date.now, timers: realTimers, log }
  const whenDone = createWhenDone({
    act: (chosen) =>
      chosen === 'quit' ? app.quit() : suspendComputer(suspendCommand(process.platform), log),
    changed: () => conditions.update(),
    environment,
  })
  const conditions = createConditions({
    ...{ settings, engine, whenDone, environment },
    changed(now, before) {
      feed.send('conditions', now)
      tray.update()
      taskbar.update(sum)
      if (now.ending && !before.ending) notifications.soonDone(now)
    },
  })
  let sum: Pick<Snapshot, 'totals' | 'allPaused'> = engine.snapshot()
  const recents = createRecentUploads(engine)
  function showUploads(): void {
    window.show()
    feed.send('command', 'show-uploads')
  }
  const taskbar = createTaskbar({
    ...{ window: window.browserWindow, isHeld: () => conditions.current().hold !== null },
    overlay: process.platform === 'win32' ? join(parts.folders.trayIcons, 'attention-light.png') : null,
    needsYouWords: (needsYou) => language.translate()('desktop.sum-needs-you', { needsYou }),
  })
  const notifications = createNotifications({ window, showUploads, language, log })
  const tray = createTray({
    ...{ icons: parts.folders.trayIcons, language, onFiles: parts.onFiles, log },
    isDesktopDark: parts.isDesktopDark,
    content: () => ({
      ...{ sum, conditions: conditions.current(), recents: recents.list() },
      limitBytesPerSecond: settings.current().limitBytesPerSecond,
    }),
    actions: trayActions(parts, {
      sendAnyway: () => conditions.sendAnyway(false),
      setWhenDone: whenDone.set,
    }),
  })
  // Last, since what it finds out is shown at once.
  const world = startConditionMonitors(parts, conditions, environment)
  followTrayHost(parts, tray, tellNoTray)

  /** Said once in this app's life. */
  function tellNoTray(): void {
    if (parts.memory.read()['toldNoTray'] === true) return
    parts.memory.write({ toldNoTray: true })
    notifications.noTray()
  }

  return {
    calls: { ...conditionCalls(conditions, whenDone), ...placeCalls(parts.folders) },
    patch(patch) {
      sum = patch
      recents.applyPatch(patch)
      whenDone.applyPatch(patch)
      tray.update()
      taskbar.update(patch)
      notifications.patch(patch)
      world.patch(patch)
    },
    tellNoTray,
    sessionChanged: () => void recents.reload().then(tray.update),
    settingsChanged() {
      conditions.update()
      world.wishesChanged()
      tray.update()
    },
    started() {
      sum = engine.snapshot()
      void recents.reload().then(tray.update)
    },
  }
}

/** A hidden window must not be lost with the icon that brings it back: it waits in the taskbar until there is one again. */
function followTrayHost({ trayHost, window }: Parts, tray: TrayIcon, tellNoTray: () => void): void {
  let isAway = false
  trayHost.onChange((isThere) => {
    if (!isThere && window.isHidden()) {
      window.minimise()
      tellNoTray()
      isAway = true
    }
    if (!isThere) return
    tray.recreate()
    // Whoever has opened it meanwhile keeps it.
    if (isAway && !window.isVisible()) window.hide()
    isAway = false
  })
}

type Book = ReturnType<typeof createConditions>

function conditionCalls(conditions: Book, whenDone: ReturnType<typeof createWhenDone>) {
  return {
    conditions: async () => success<Conditions>(conditions.current()),
    async sendAnyway({ isAlways }: { readonly isAlways: boolean }) {
      conditions.sendAnyway(isAlways)
      return success(undefined)
    },
    async setWhenDone({ whenDone: chosen }: { readonly whenDone: Conditions['whenDone'] }) {
      whenDone.set(chosen)
      return success(undefined)
    },
  }
}

/** Login and file managers. What had been switched on is written anew where the app lies elsewhere than it did. */
function placeCalls({
  menu,
}: AppFolders): Pick<Background['calls'], 'loginItem' | 'setLoginItem' | 'fileManagers' | 'setFileManager'> {
  const appFolder = app.isPackaged ? null : app.getAppPath()
  const command = launchCommand({ env: process.env, execPath: process.execPath, appFolder })
  const login = createLoginItem(process.platform, command)
  const home = app.getPath('home')
  const managers = createFileManagers({
    ...{ platform: process.platform, command, home, env: process.env },
    menu: needsMenuEntry(app.isPackaged, process.platform, process.env, process.execPath) ? menu : null,
  })
  void Promise.allSettled([login.repair(), managers.repair()])
  return {
    loginItem: async () => success(await login.read()),
    setLoginItem: async ({ isOn }) => success(await login.set(isOn)),
    fileManagers: async () => success(await managers.list()),
    setFileManager: async ({ id, isOn }) => success(await managers.set(id, isOn)),
  }
}

function trayActions(
  { engine, settings, window, feed, log }: Parts,
  more: Pick<TrayActions, 'sendAnyway' | 'setWhenDone'>,
): TrayActions {
  return {
    ...more,
    open: window.show,
    pauseAll: () => void engine.calls.pauseAll(undefined),
    resumeAll: () => void engine.calls.resumeAll(undefined),
    setLimit: (limitBytesPerSecond) => void settings.change({ limitBytesPerSecond }),
    showInFolder(id) {
      const file = engine.fileOf(id)
      if (file !== null) system.showItemInFolder(file)
    },
    copyModelId: (modelId) => void clipboard.writeText(modelId),
    openLibrary() {
      const { server } = settings.current()
      void openExternal(addressOf('web-app', server), server, log)
    },
    showSettings() {
      window.show()
      feed.send('command', 'show-settings')
    },
    quit: () => app.quit(),
  }
}
