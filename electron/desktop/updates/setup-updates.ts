import { app } from 'electron'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Log } from '../../platform/environment.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import { realTimers } from '../../platform/system-environment.ts'
import type { AppFolders } from '../app-folders.ts'
import { hiddenSwitch } from '../integration/launch-arguments.ts'
import { ownAppImage } from '../integration/launch-command.ts'
import { quitOrExit } from '../quit.ts'
import type { SessionSecretStore } from '../security/secret-store.ts'
import { onEachWindow } from '../window/each-window.ts'
import type { MainWindow } from '../window/main-window.ts'
import type { PageFeed } from '../window/page-feed.ts'
import { readFeedKeys } from './feed-signature.ts'
import { relaunch } from './relaunch.ts'
import { UpdateController } from './update-controller.ts'
import { UpdateError } from './update-errors.ts'
import type { UpdateRecord } from './update-record.ts'
import { feedAddress, feedFromConfig, updatesUnavailableReason } from './update-source.ts'

/** Public keys, inserted by the build from its environment (electron.vite.config.ts); may be empty. */
declare const __UPDATE_KEYS__: string

type UpdateHandlers = Pick<CallHandlers, CallNameIn<'updates'>>

export interface UpdateService {
  readonly handlers: UpdateHandlers
  readonly start: () => void
}

/** Keeps the installed app up to date. electron-updater is loaded only when it is needed. */
export function setupUpdates(options: {
  readonly folders: AppFolders
  readonly settings: SettingsStore
  readonly record: UpdateRecord
  readonly engine: Engine
  readonly window: Pick<MainWindow, 'isVisible'>
  readonly secretStore: Pick<SessionSecretStore, 'state'>
  readonly feed: Pick<PageFeed, 'sendEvent'>
  readonly areCommandsWaiting: () => boolean
  readonly confirmRestart: () => Promise<boolean>
  /** Stops the uploads and flushes everything, without asking. */
  readonly stopApp: () => Promise<void>
  readonly log: Log
}): UpdateService {
  const { folders, settings, record, engine, window, secretStore, feed, stopApp, log } = options
  const { areCommandsWaiting, confirmRestart } = options
  const timers = realTimers
  const restartArguments = () => (window.isVisible() ? [] : [hiddenSwitch])
  // Only in development the feed and its key can be overridden.
  const hasTestFeed = !app.isPackaged && process.env['MODELFERRY_UPDATE_FEED'] !== undefined
  const keys = readFeedKeys((hasTestFeed && process.env['MODELFERRY_UPDATE_KEYS']) || __UPDATE_KEYS__)

  const controller = new UpdateController({
    unavailableReason: updatesUnavailableReason({
      isPackaged: app.isPackaged,
      platform: process.platform,
      env: process.env,
      execPath: process.execPath,
      packageType: readTextIfExists(join(process.resourcesPath, 'package-type')),
      hasKeys: keys.length > 0,
    }),
    async loadUpdater() {
      const feedUrl = hasTestFeed
        ? feedAddress(process.env['MODELFERRY_UPDATE_FEED'])
        : feedFromConfig(readTextIfExists(join(process.resourcesPath, 'app-update.yml')) ?? '')
      if (feedUrl === null) throw new UpdateError('update-missing', 'no feed address')
      const { loadUpdater } = await import('./updater.ts')
      const configFile = hasTestFeed ? writeTestConfig(folders.home, feedUrl) : null
      const [now, quit] = [Date.now, quitOrExit]
      return loadUpdater({ feed: feedUrl, keys, configFile, timers, now, log, restartArguments, quit })
    },
    settings: settings.current,
    isBusy() {
      const { running, waiting } = engine.snapshot().totals
      return running > 0 || waiting > 0
    },
    areCommandsWaiting,
    confirmRestart,
    isWindowVisible: window.isVisible,
    areSignInsSaved: () => secretStore.state() === 'ok',
    async stopApp() {
      await stopApp()
      // The new version may start before this process has exited.
      app.releaseSingleInstanceLock()
    },
    restartApp: () => restartApp(restartArguments()),
    intended: record.intended,
    refused: record.refused,
    currentVersion: app.getVersion(),
    onStateChange: (state) => feed.sendEvent('update', state),
    timers,
    now: Date.now,
    log,
  })

  const conditionsChanged = () => controller.conditionsChanged()
  onEachWindow((browserWindow) => {
    browserWindow.on('show', conditionsChanged)
    browserWindow.on('hide', conditionsChanged)
    browserWindow.on('minimize', conditionsChanged)
    browserWindow.on('restore', conditionsChanged)
  })
  settings.onChange((current, before) => {
    if (current.updates !== before.updates || current.updateOnQuit !== before.updateOnQuit)
      controller.settingsChanged()
  })
  app.on('before-quit', () => controller.quitRequested())
  // The session event is also sent when the keychain state changes.
  engine.subscribe({ patch: conditionsChanged, session: conditionsChanged })
  return {
    handlers: createUpdateHandlers(controller, join(folders.page, '../third-party.txt')),
    start: () => controller.start(),
  }
}

/** @param noticesFile `out/third-party.txt`, written by the build */
function createUpdateHandlers(controller: UpdateController, noticesFile: string): UpdateHandlers {
  return {
    update: async () => success(controller.state()),
    checkForUpdate: async () => success(await controller.check()),
    downloadUpdate: async () => success(await controller.download()),
    installUpdate: async () => success(await controller.install()),
    thirdPartyNotices: async () => success(await readFile(noticesFile, 'utf8')),
  }
}

/** Restarts this version after an installation failed, since everything has been stopped for it. */
function restartApp(args: readonly string[]): void {
  const appImage = ownAppImage(process.env, process.execPath)
  if (appImage !== null) relaunch(appImage, args)
  // This start's other arguments may be files, which would be added again.
  else app.relaunch({ args: [...(app.isPackaged ? [] : [app.getAppPath()]), ...args] })
  app.exit(0)
}

function readTextIfExists(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/** The configuration file that electron-updater reads next to an installed app; JSON is valid YAML. */
function writeTestConfig(home: string, feed: string): string {
  const file = join(home, 'app-update.json')
  writeFileSync(
    file,
    JSON.stringify({ provider: 'generic', url: feed, updaterCacheDirName: 'modelferry-updater' }),
  )
  return file
}
