import type { KeyObject } from 'node:crypto'
import { chmodSync, copyFileSync, renameSync, rmSync } from 'node:fs'
import { chmod, copyFile, rm } from 'node:fs/promises'
import process from 'node:process'
import type { AppUpdater, BaseUpdater } from 'electron-updater'
import type { AppAdapter } from 'electron-updater/out/AppAdapter.js'
import type { InstallOptions } from 'electron-updater/out/BaseUpdater.js'
import type { Log, Timers } from '../../platform/environment.ts'
import { signedProvider } from './signed-provider.ts'
import { createSquirrel, type NativeUpdater, type Squirrel } from './squirrel.ts'
import { relaunch } from './relaunch.ts'
import { toCheckError, toDownloadError, toReplaceError, UpdateError } from './update-errors.ts'
import type { Updater } from './update-controller.ts'

/** A download without a byte for so long is dead, in ms: Electron's own requests have no such limit. */
const stallMs = 60_000

export interface UpdaterOptions {
  /** Where `latest*.yml` lies, with a slash at its end. */
  readonly feed: string
  readonly keys: readonly KeyObject[]
  /** electron-updater's own settings; null for those beside the installed app. */
  readonly configFile: string | null
  /** Words with which the new version starts. */
  readonly restartWords: () => readonly string[]
  readonly quit: () => void
  readonly timers: Timers
  readonly log: Log
  /** Instead of Electron, where there is none. */
  readonly instead?: { readonly adapter: AppAdapter; readonly executor: unknown }
}

/** electron-updater for this system, fed by the signed feed alone. Loads it. */
export async function loadUpdater(options: UpdaterOptions): Promise<Updater> {
  const { feed, keys, timers, log } = options
  const updater = await createForSystem(options)
  updater.setFeedURL({ provider: 'custom', updateProvider: await signedProvider(feed, keys), url: feed })

  // Squirrel is listened to from the start: with "install on quit" it is handed the file as soon as that is here.
  const squirrel = process.platform === 'darwin' ? await openSquirrel(timers) : null
  let isBegun = false
  return {
    async check() {
      try {
        const answer = await updater.checkForUpdates()
        return answer?.isUpdateAvailable ? answer.updateInfo.version : null
      } catch (error) {
        throw toCheckError(error)
      }
    },
    async download(onPercent) {
      const { CancellationToken } = await import('electron-updater')
      const cancelled = new CancellationToken()
      let cancelWatch = () => {}
      const watch = () => {
        cancelWatch()
        cancelWatch = timers.after(stallMs, () => cancelled.cancel())
      }
      const moved = ({ percent }: { readonly percent: number }) => {
        watch()
        onPercent(percent)
      }
      watch()
      updater.on('download-progress', moved)
      isBegun = true
      // Elsewhere than on macOS the library prepares for a quit only if told so now; the wish itself is asked for at the end.
      if (process.platform !== 'darwin') updater.autoInstallOnAppQuit = true
      try {
        await updater.downloadUpdate(cancelled)
      } catch (error) {
        throw toDownloadError(error)
      } finally {
        updater.off('download-progress', moved)
        cancelWatch()
      }
    },
    async prepareInstall() {
      if (squirrel) await squirrel.prepare()
      else if (process.platform === 'linux') await (updater as InstanceType<CarefulAppImage>).layBeside()
    },
    async install() {
      if (squirrel) return squirrel.quitAndInstall(() => updater.quitAndInstall())
      let trouble: unknown = null
      updater.once('error', (error) => (trouble = error))
      const isInstalled = (updater as BaseUpdater).install(true, true)
      if (!isInstalled) throw new UpdateError('update-not-installed', trouble)
      log.info('the new version has taken its place')
      setImmediate(options.quit)
    },
    setInstallOnQuit(wanted) {
      // Squirrel is handed the file as it comes, to be installed at the quit or not: later is too late.
      if (process.platform === 'darwin' && isBegun) return
      updater.autoInstallOnAppQuit = wanted
    },
  }
}

async function openSquirrel(timers: Timers): Promise<Squirrel> {
  const { autoUpdater } = await import('electron')
  return createSquirrel(autoUpdater as NativeUpdater, timers)
}

async function createForSystem(options: UpdaterOptions): Promise<AppUpdater> {
  const { instead, configFile, log } = options
  const { NsisUpdater, MacUpdater } = await import('electron-updater')
  const adapter = instead?.adapter
  const updater =
    process.platform === 'win32'
      ? new NsisUpdater(null, adapter)
      : process.platform === 'darwin'
        ? new MacUpdater(undefined, adapter)
        : new (await carefulAppImageUpdater(options.restartWords))(null, adapter)
  if (instead) Object.assign(updater, { httpExecutor: instead.executor })
  updater.logger = {
    info: (message) => log.info('updater', { message }),
    warn: (message) => log.warn('updater', { message }),
    error: (message) => log.warn('updater', { message }),
  }
  updater.autoDownload = false
  updater.allowDowngrade = false
  updater.disableWebInstaller = true
  if (configFile !== null) {
    updater.forceDevUpdateConfig = true
    updater.updateConfigPath = configFile
  }
  // Errors come by the promises; without a listener an emitter would throw them as well.
  updater.on('error', () => undefined)
  return updater
}

type CarefulAppImage = Awaited<ReturnType<typeof carefulAppImageUpdater>>

/**
 * electron-updater removes the old AppImage before the new one is there; a full disk in between would leave neither. This one
 * is copied beside it, then takes its name in one step, so that shortcuts still lead to it.
 */
async function carefulAppImageUpdater(restartWords: () => readonly string[]) {
  const { AppImageUpdater } = await import('electron-updater')
  return class CarefulAppImageUpdater extends AppImageUpdater {
    #isBeside = false

    #places() {
      const target = process.env['APPIMAGE']
      const downloaded = this.installerPath
      if (!target || downloaded === null) throw new UpdateError('update-not-installed', 'no AppImage')
      return { target, downloaded, beside: `${target}.new` }
    }

    /** All that a folder or a disk can refuse, before anything is stopped for it. */
    async layBeside(): Promise<void> {
      const { downloaded, beside } = this.#places()
      try {
        await copyFile(downloaded, beside)
        await chmod(beside, 0o755)
        this.#isBeside = true
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined)
        throw toReplaceError(error)
      }
    }

    protected override doInstall({ isForceRunAfter }: InstallOptions): boolean {
      const { target, downloaded, beside } = this.#places()
      try {
        // At a quit nothing was laid there beforehand.
        if (!this.#isBeside) {
          copyFileSync(downloaded, beside)
          chmodSync(beside, 0o755)
        }
        renameSync(beside, target)
      } catch (error) {
        rmSync(beside, { force: true })
        throw error
      }
      if (isForceRunAfter) relaunch(target, restartWords())
      return true
    }
  }
}
