import { app } from 'electron'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readFile } from 'node:fs/promises'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { Log } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import { readFeedKeys } from './feed-signature.ts'
import type { AppFolders } from '../app-folders.ts'
import { hiddenSwitch } from '../integration/launch-arguments.ts'
import type { PageFeed } from '../window/page-feed.ts'
import { realTimers } from '../../platform/system-environment.ts'
import type { SessionVault } from '../security/session-vault.ts'
import type { JsonStore, SettingsStore } from '../../platform/settings.ts'
import { relaunch } from './relaunch.ts'
import { createUpdateRecord } from './update-record.ts'
import { feedAddress, feedFromConfig, updatesUnavailableReason } from './update-source.ts'
import { UpdateError } from './update-errors.ts'
import { createUpdates, type Updates } from './update-controller.ts'
import type { MainWindow } from '../window/main-window.ts'

/** Put in by the build from its environment (electron.vite.config.ts): public keys, or nothing. */
declare const __UPDATE_KEYS__: string

interface Parts {
  readonly folders: AppFolders
  readonly settings: SettingsStore
  readonly memory: JsonStore
  readonly engine: Pick<Engine, 'snapshot' | 'subscribe'>
  readonly window: Pick<MainWindow, 'isVisible'>
  readonly vault: Pick<SessionVault, 'state'>
  readonly feed: Pick<PageFeed, 'send'>
  /** Stops the uploads and writes everything down, without asking. */
  readonly prepare: () => Promise<void>
  readonly log: Log
}

export interface UpdateService {
  readonly calls: UpdateHandlers
  readonly start: () => void
  /** This start follows an update that took place while nobody saw the window. */
  readonly isHiddenStart: boolean
}

/** Brings the installed app up to date. Nothing of the library that does it is loaded before it is needed. */
export function setupUpdates(options: Parts): UpdateService {
  const { folders, settings, memory, engine, window, vault, feed, log } = options
  const timers = realTimers
  const notes = createUpdateRecord({ memory, isWindowVisible: window.isVisible, now: Date.now })
  const isHiddenStart = notes.wasStartedHidden()
  const restartWords = () => (window.isVisible() ? [] : [hiddenSwitch])
  // An app that runs from its source may be given a feed and a key of its own; an installed one never.
  const isTried = !app.isPackaged && process.env['MODELFERRY_UPDATE_FEED'] !== undefined
  const keys = readFeedKeys((isTried && process.env['MODELFERRY_UPDATE_KEYS']) || __UPDATE_KEYS__)

  const updates = createUpdates({
    unavailableReason: updatesUnavailableReason({
      isPackaged: app.isPackaged,
      platform: process.platform,
      environment: process.env,
      program: process.execPath,
      packageType: textOf(join(process.resourcesPath, 'package-type')),
      hasKeys: keys.length > 0,
    }),
    async loadUpdater() {
      const place = feedPlace(isTried)
      if (place === null) throw new UpdateError('update-missing', 'no address of a feed')
      const { loadUpdater } = await import('./updater.ts')
      const configFile = isTried ? writeTriedConfig(folders.home, place) : null
      const quit = () => app.quit()
      return loadUpdater({ feed: place, keys, configFile, timers, log, restartWords, quit })
    },
    settings: settings.current,
    isBusy() {
      const { running, waiting } = engine.snapshot().totals
      return running > 0 || waiting > 0
    },
    isWindowVisible: window.isVisible,
    areSignInsSaved: () => vault.state() === 'ok',
    async stopApp() {
      await options.prepare()
      // The new one may be there before this one is gone.
      app.releaseSingleInstanceLock()
    },
    restartApp: () => beginAnew(restartWords()),
    ...{ intended: notes.intended, refused: notes.refused },
    currentVersion: app.getVersion(),
    onStateChange: (state) => feed.send('update', state),
    ...{ timers, log },
    now: Date.now,
  })
  watch(updates, settings, engine)
  return {
    calls: createUpdateHandlers({ updates, noticesFile: join(folders.page, '../third-party.txt') }),
    start: updates.start,
    isHiddenStart,
  }
}

/** What installing waits for, and what the person wishes. */
function watch(updates: Updates, settings: SettingsStore, engine: Pick<Engine, 'subscribe'>): void {
  app.on('browser-window-created', (_event, window) => {
    for (const name of ['show', 'hide', 'minimize', 'restore'] as const)
      window.on(name as 'show', updates.conditionsChanged)
  })
  settings.onChange((after, before) => {
    if (after.updates !== before.updates || after.updateOnQuit !== before.updateOnQuit)
      updates.settingsChanged()
  })
  // A session is told of too when the keychain has turned.
  engine.subscribe({ patch: updates.conditionsChanged, session: updates.conditionsChanged })
}

const feedPlace = (isTried: boolean) =>
  isTried
    ? feedAddress(process.env['MODELFERRY_UPDATE_FEED'])
    : feedFromConfig(textOf(join(process.resourcesPath, 'app-update.yml')) ?? '')

/** This process has stopped everything for a version that did not come. */
function beginAnew(words: readonly string[]): void {
  const appImage = process.env['APPIMAGE']
  if (appImage !== undefined) relaunch(appImage, words)
  else app.relaunch({ args: [...process.argv.slice(1).filter((word) => word !== hiddenSwitch), ...words] })
  app.exit(0)
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/** JSON is YAML: what electron-updater wants to read beside an installed app. */
function writeTriedConfig(home: string, feed: string): string {
  const file = join(home, 'app-update.json')
  writeFileSync(
    file,
    JSON.stringify({ provider: 'generic', url: feed, updaterCacheDirName: 'modelferry-updater' }),
  )
  return file
}

export type UpdateHandlers = Pick<CallHandlers, CallNameIn<'updates'>>

/** One function for each call about newer versions, and the notices of what is inside. */
export function createUpdateHandlers(options: {
  readonly updates: Updates
  /** `out/third-party.txt`, written by the build. */
  readonly noticesFile: string
}): UpdateHandlers {
  const { updates, noticesFile } = options
  return {
    update: async () => success(updates.state()),
    checkForUpdate: async () => success(await updates.check()),
    downloadUpdate: async () => success(await updates.download()),
    installUpdate: async () => success(await updates.install()),
    thirdPartyNotices: async () => success(await readFile(noticesFile, 'utf8')),
  }
}
