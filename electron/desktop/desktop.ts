import { app } from 'electron'
import process from 'node:process'
import type { Engine } from '../engine/engine.ts'
import { setAboutPanel } from './diagnostics/about-panel.ts'
import { addressOf } from './security/allowed-addresses.ts'
import { setupBackground, type Background } from './background.ts'
import { createCloseHandler } from './window/close-handler.ts'
import { createDesktopHandlers, currentAppInfo } from './desktop-handlers.ts'
import { createDiagnosticsHandlers } from './diagnostics/diagnostics-handlers.ts'
import { createDialogs } from './window/dialogs.ts'
import type { AppFolders } from './app-folders.ts'
import { createLaunchListener } from './integration/incoming-files.ts'
import type { AppInstance } from './integration/single-instance.ts'
import { createPageSender, setupIpc } from './ipc.ts'
import type { Language } from './settings/language.ts'
import type { FileLog } from '../platform/log.ts'
import { setApplicationMenu, type MenuActions } from './window/menu.ts'
import { openExternal } from './security/open-external.ts'
import { createPageFeed, type PageFeed } from './window/page-feed.ts'
import { realTimers } from '../platform/system-environment.ts'
import { setupQuit } from './quit.ts'
import type { SessionVault } from './security/session-vault.ts'
import type { JsonStore, SettingsStore } from '../platform/settings.ts'
import { setupUpdates } from './updates/setup-updates.ts'
import { watchTrayAvailability, type TrayAvailability } from './tray/tray-availability.ts'
import { createMainWindow, type MainWindow } from './window/main-window.ts'

interface Shell {
  readonly folders: AppFolders
  readonly instance: AppInstance
  readonly settings: SettingsStore
  /** As it was before a theme was chosen for the app. */
  readonly isDesktopDark: boolean
  readonly language: Language
  readonly memory: JsonStore
  readonly engine: Engine
  readonly vault: SessionVault
  readonly log: FileLog
}

/** Everything around the uploader that a person sees: window, page, menus, tray, notifications, and the way out. */
export function setupShell(shell: Shell): void {
  const { instance, memory, engine, log } = shell
  const dialogs = createDialogs({ ...shell, parent: () => window.browserWindow() })
  const quitting = setupQuit({
    running: () => engine.snapshot().totals.running,
    dialogs,
    stop: () => engine.stop(),
    isStuck: shell.vault.isStuck,
    log,
  })
  const trayHost = watchTrayAvailability(process.platform, realTimers, log)
  const closing = createCloseHandler({
    ...shell,
    window: () => window,
    dialogs,
    isTrayAvailable: trayHost.isAvailable,
    notifyNoTray: () => background.tellNoTray(),
    quit: () => app.quit(),
  })
  const window = createMainWindow({
    preload: shell.folders.preload,
    memory,
    log,
    events: {
      onClose() {
        if (quitting.isStopped()) return false
        closing.close()
        return true
      },
      onSeen() {
        feed.windowShown()
        // A panel that comes after the icon was made is given it anew, long before somebody closes the window.
        void trayHost.isAvailable()
      },
      onLoading() {
        feed.pageLoading()
        void engine.calls.watch({ id: null })
      },
    },
  })
  const feed = createPageFeed({ announce: createPageSender(window), isSeen: window.isVisible })

  const begun = Promise.withResolvers<void>()
  const around = { ...shell, window, feed }
  const incoming = createLaunchListener({ ...around, started: begun.promise, dialogs })
  const background = setupBackground({ ...around, trayHost, onFiles: incoming.onFiles })
  const updates = setupUpdates({ ...around, prepare: quitting.stopNow })
  const handlers = {
    ...engine.calls,
    ...createDesktopHandlers({ ...shell, dialogs }),
    ...background.calls,
    ...updates.calls,
    ...createDiagnosticsHandlers(around),
  }
  setupIpc({ handlers, window, log, onAnswered: feed.callAnswered })
  setupSurroundings(shell, window, feed, background)
  void showFirst(instance.isHidden() || updates.isHiddenStart, trayHost, window)
  void begin(engine, log).then(() => {
    background.started()
    updates.start()
    begun.resolve()
  })
  instance.listen(incoming)
  log.info('started', { ...currentAppInfo(shell.language) })
}

/** The queue goes on; trouble of it is for the log, and for the rows. */
async function begin(engine: Engine, log: FileLog): Promise<void> {
  await engine.start().catch((error: unknown) => log.error('the uploads could not start', { error }))
}

/**
 * A start at login, or after an update that nobody saw, shows nothing but the tray's icon; where no tray shows it, the
 * window waits in dock or taskbar.
 */
async function showFirst(isHidden: boolean, trayHost: TrayAvailability, window: MainWindow): Promise<void> {
  if (!isHidden) window.show()
  else if (!(await trayHost.isAvailable()) && !window.browserWindow()) window.minimise()
}

/** What stands around the window and follows the uploads and the settings. */
function setupSurroundings(shell: Shell, window: MainWindow, feed: PageFeed, background: Background): void {
  const { settings, language, engine, log } = shell
  app.on('activate', window.show)
  // The app lives on without a window; quitting is asked for by name.
  app.on('window-all-closed', () => undefined)

  const actions: MenuActions = {
    command(command) {
      window.show()
      feed.send('command', command)
    },
    openPage(page) {
      const { server } = settings.current()
      void openExternal(addressOf(page, server), server, log)
    },
    zoom: window.zoom,
  }
  setApplicationMenu(language.translate(), actions)
  setAboutPanel()
  engine.subscribe({
    patch(patch) {
      feed.sendPatch(patch)
      background.patch(patch)
    },
    flow: feed.sendFlow,
    details: feed.sendDetails,
    session(session) {
      feed.send('session', session)
      background.sessionChanged()
    },
    library: (news) => feed.send('library', news),
    finding: (view) => feed.send('finding', view),
    workflow: (view) => feed.send('workflow', view),
    watching: (view) => feed.send('watching', view),
  })
  settings.onChange((now, before) => {
    // It passes them on to the engine, with the limit of the hour.
    background.settingsChanged()
    feed.send('settings', now)
    if (now.language === before.language) return
    setApplicationMenu(language.translate(), actions)
    feed.send('surroundings', currentAppInfo(language))
  })
}
