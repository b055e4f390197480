import { app } from 'electron'
import process from 'node:process'
import type { Uploader } from '../uploader.ts'
import { addressOf } from './addresses.ts'
import { createClosing } from './closing.ts'
import { createDesktopCalls, surroundingsNow } from './desktop-calls.ts'
import { createDialogs } from './dialogs.ts'
import type { Folders } from './folders.ts'
import { createIncoming } from './incoming.ts'
import type { Instance } from './instance.ts'
import { createAnnounce, setupIpc } from './ipc.ts'
import type { Language } from './language.ts'
import type { FileLog } from './log.ts'
import { setupMenu, type MenuActions } from './menu.ts'
import { setupNotifications } from './notifications.ts'
import { openExternal } from './open-external.ts'
import { createPageFeed, type PageFeed } from './page-feed.ts'
import { setupPower } from './power.ts'
import { setupQuit } from './quit.ts'
import type { SessionVault } from './session-vault.ts'
import type { JsonStore, SettingsBook } from './settings.ts'
import { hasTrayHost } from './tray-host.ts'
import { setupTray } from './tray.ts'
import { createMainWindow, type MainWindow } from './window.ts'

interface Shell {
  readonly folders: Folders
  readonly instance: Instance
  readonly settings: SettingsBook
  readonly language: Language
  readonly memory: JsonStore
  readonly uploader: Uploader
  readonly vault: SessionVault
  readonly log: FileLog
}

/** Everything around the uploader that a person sees: window, page, menus, tray, notifications, and the way out. */
export function setupShell(shell: Shell): void {
  const { instance, settings, language, memory, uploader, vault, log } = shell
  const dialogs = createDialogs({ parent: () => window.native(), language, memory })
  const quitting = setupQuit({
    running: () => uploader.snapshot().totals.running,
    dialogs,
    stop: () => uploader.stop(),
    isStuck: vault.isStuck,
    log,
  })
  const closing = createClosing({
    window: () => window,
    settings,
    dialogs,
    hasTray: () => hasTrayHost(process.platform),
    quit: () => app.quit(),
    log,
  })
  const window = createMainWindow({
    preload: shell.folders.preload,
    memory,
    log,
    events: {
      onClose() {
        if (quitting.isDecided()) return false
        closing.close()
        return true
      },
      onSeen: () => feed.shown(),
      onLoading() {
        feed.lost()
        void uploader.calls.watch({ id: null })
      },
    },
  })
  const feed = createPageFeed({ announce: createAnnounce(window), isSeen: window.isSeen })

  const desktopCalls = createDesktopCalls({ uploader, vault, settings, language, dialogs, log })
  setupIpc({ handlers: { ...uploader.calls, ...desktopCalls }, window, log, onAnswered: feed.asked })
  setupSurroundings(shell, window, feed)
  window.show()
  const started = uploader
    .start()
    .catch((error: unknown) => log.error('the uploads could not start', { error }))
  instance.listen(createIncoming({ uploader, started, window, feed, dialogs, log }))
  log.info('started', { ...surroundingsNow(language) })
}

/** What stands around the window and follows the uploads and the settings. */
function setupSurroundings(shell: Shell, window: MainWindow, feed: PageFeed): void {
  const { folders, settings, language, uploader, log } = shell
  app.on('activate', window.show)
  // The app lives on without a window; quitting is asked for by name.
  app.on('window-all-closed', () => undefined)

  const actions: MenuActions = {
    command(command) {
      window.show()
      feed.tell('command', command)
    },
    openPage(page) {
      const { server } = settings.current()
      void openExternal(addressOf(page, server), server, log)
    },
  }
  setupMenu(language.words(), actions)
  const tray = setupTray({
    icons: folders.trayIcons,
    language,
    first: uploader.snapshot(),
    actions: {
      open: window.show,
      pauseAll: () => void uploader.calls.pauseAll(undefined),
      resumeAll: () => void uploader.calls.resumeAll(undefined),
      quit: () => app.quit(),
    },
    log,
  })
  const notifications = setupNotifications({ window, language, log })
  const power = setupPower(uploader, log)
  uploader.subscribe({
    patch(patch) {
      feed.patch(patch)
      tray?.update(patch)
      notifications.patch(patch)
      power.update(patch.totals)
    },
    flow: feed.flow,
    details: feed.details,
    session: (session) => feed.tell('session', session),
    library: (news) => feed.tell('library', news),
  })
  settings.onChange((now, before) => {
    uploader.applySettings(now)
    feed.tell('settings', now)
    if (now.language === before.language) return
    setupMenu(language.words(), actions)
    tray?.redraw()
    feed.tell('surroundings', surroundingsNow(language))
  })
}
