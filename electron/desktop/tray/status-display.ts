import { app, clipboard, shell } from 'electron'
import { join } from 'node:path'
import process from 'node:process'
import type { CallHandlers } from '../../contract/calls.ts'
import type { PageCommand } from '../../contract/events.ts'
import { failure, type Result } from '../../contract/failures.ts'
import type { Patch, Snapshot } from '../../contract/uploads.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Log } from '../../platform/environment.ts'
import { pathExists } from '../../platform/files/path-exists.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { ConditionsTracker } from '../conditions/conditions.ts'
import type { WhenDoneTracker } from '../power/when-done.ts'
import type { Page } from '../security/browser-addresses.ts'
import type { Language } from '../settings/language.ts'
import type { Dialogs } from '../window/dialogs.ts'
import type { MainWindow } from '../window/main-window.ts'
import type { Notifications } from './notifications.ts'
import { createRecentUploads } from './recent-uploads.ts'
import { createTaskbar } from './taskbar.ts'
import { createTray } from './tray.ts'

/** Shows the state of the uploads outside the window: in tray and taskbar. */
export interface StatusDisplay {
  applyPatch(patch: Patch): void
  /** Redraws after a change of settings. */
  update(): void
  /** The engine has restored the queue. */
  engineStarted(): void
  /** Another user may have signed in. */
  sessionChanged(): void
  /** Creates the tray icon again, in a tray that has just become available. */
  recreateTrayIcon(): void
  readonly handlers: Pick<CallHandlers, 'forget'>
}

export function createStatusDisplay(options: {
  readonly iconFolder: string
  /** The desktop's colour scheme before the app's theme was applied. */
  readonly isDesktopDark: boolean
  readonly language: Language
  readonly settings: SettingsStore
  readonly engine: Engine
  readonly window: Pick<MainWindow, 'show' | 'browserWindow'>
  readonly conditions: Pick<ConditionsTracker, 'current' | 'sendAnyway' | 'onChange'>
  readonly whenDone: Pick<WhenDoneTracker, 'set'>
  readonly notifications: Pick<Notifications, 'showCountdown'>
  readonly dialogs: Pick<Dialogs, 'showFailure'>
  readonly sendCommand: (command: PageCommand) => void
  readonly openPage: (page: Page) => void
  /** Files dropped on the tray icon. */
  readonly onFiles: (paths: readonly string[]) => void
  readonly log: Log
}): StatusDisplay {
  const { iconFolder, language, settings, engine, window, conditions, notifications, log } = options
  let summary: Pick<Snapshot, 'totals' | 'allPaused' | 'line'> = engine.snapshot()
  const recentUploads = createRecentUploads(engine)
  const taskbar = createTaskbar({
    window: window.browserWindow,
    isHeld: () => conditions.current().hold !== null,
    overlayImage: process.platform === 'win32' ? join(iconFolder, 'attention-light.png') : null,
    overlayDescription: (count) => language.translate()('queue.needs-you', { count }),
  })

  async function showInFolder(id: string): Promise<void> {
    const file = engine.fileOf(id)
    // The file manager would show nothing, or another folder.
    if (file !== null && (await pathExists(file))) shell.showItemInFolder(file)
    else await options.dialogs.showFailure(failure('file-missing'))
  }

  async function showResult(answer: Promise<Result<void>>): Promise<void> {
    const result = await answer
    if (!result.ok) await options.dialogs.showFailure(result.failure)
  }

  const tray = createTray({
    icons: iconFolder,
    language,
    isDesktopDark: options.isDesktopDark,
    content: () => ({
      summary,
      conditions: conditions.current(),
      limitBytesPerSecond: settings.current().limitBytesPerSecond,
      recentUploads: recentUploads.list(),
    }),
    actions: {
      open: window.show,
      pauseAll: () => void showResult(engine.calls.pauseAll(undefined)),
      stopPausing: () => void engine.calls.stopPausing({ ids: null }),
      resumeAll: () => void showResult(engine.calls.resumeAll(undefined)),
      sendAnyway: () => conditions.sendAnyway(false),
      setLimit: (limitBytesPerSecond) => void settings.change({ limitBytesPerSecond }),
      setWhenDone: options.whenDone.set,
      showInFolder: (id) => void showInFolder(id),
      copyModelId: (modelId) => void clipboard.writeText(modelId),
      openLibrary: () => options.openPage('web-app'),
      showSettings: () => options.sendCommand('show-settings'),
      quit: () => app.quit(),
    },
    onFiles: options.onFiles,
    log,
  })
  conditions.onChange((current, before) => {
    tray.update()
    taskbar.update(summary)
    const hasStarted = current.ending?.atMs !== null && before.ending?.atMs === null
    if (current.ending && (!before.ending || hasStarted)) notifications.showCountdown(current)
  })
  const reloadRecentUploads = () => void recentUploads.reload().then(tray.update)
  return {
    applyPatch(patch) {
      summary = patch
      void recentUploads.applyPatch(patch).then(tray.update)
      taskbar.update(patch)
    },
    update: tray.update,
    engineStarted() {
      summary = engine.snapshot()
      reloadRecentUploads()
    },
    sessionChanged: reloadRecentUploads,
    recreateTrayIcon: tray.recreate,
    handlers: {
      // A record that is not in today's list is in no patch.
      async forget(args) {
        const answer = await engine.calls.forget(args)
        reloadRecentUploads()
        return answer
      },
    },
  }
}
