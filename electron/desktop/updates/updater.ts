import type { KeyObject } from 'node:crypto'
import { chmodSync, copyFileSync, renameSync, rmSync } from 'node:fs'
import { chmod, copyFile, rm } from 'node:fs/promises'
import process from 'node:process'
import type { AppUpdater, BaseUpdater } from 'electron-updater'
import type { AppAdapter } from 'electron-updater/out/AppAdapter.js'
import type { InstallOptions } from 'electron-updater/out/BaseUpdater.js'
import type { Log, Timers } from '../../platform/environment.ts'
import { ownAppImage } from '../integration/launch-command.ts'
import { signedProvider } from './signed-provider.ts'
import { createSquirrel, type NativeUpdater, type Squirrel } from './squirrel.ts'
import { relaunch } from './relaunch.ts'
import { toCheckError, toDownloadError, toReplaceError, UpdateError } from './update-errors.ts'
import type { Updater } from './update-controller.ts'

/** A download without progress for this long is cancelled, since Electron's requests have no such timeout. */
const stallTimeoutMs = 60_000

export interface UpdaterOptions {
  /** The URL of the folder with `latest*.yml`, with a trailing slash. */
  readonly feed: string
  readonly keys: readonly KeyObject[]
  /** electron-updater's configuration; null for the one next to the installed app. */
  readonly configFile: string | null
  /** The arguments that the new version is started with. */
  readonly restartArguments: () => readonly string[]
  readonly quit: () => void
  readonly timers: Timers
  readonly now: () => number
  readonly log: Log
  /** Replaces Electron's `app` and requests in tests. */
  readonly testHost?: { readonly adapter: AppAdapter; readonly executor: unknown }
}

/** Loads electron-updater for this system and restricts it to the signed feed. */
export async function loadUpdater(options: UpdaterOptions): Promise<Updater> {
  const { feed, keys, timers, now, log } = options
  const updater = await createForSystem(options)
  updater.setFeedURL({
    provider: 'custom',
    updateProvider: await signedProvider(feed, keys, now, timers),
    url: feed,
  })

  // Created first, since with "install on quit" Squirrel gets the file directly after the download.
  const squirrel = process.platform === 'darwin' ? await openSquirrel(timers) : null
  /** Of the largest file in the signed feed. */
  let maxDownloadBytes = Infinity
  return {
    async check() {
      try {
        const result = await updater.checkForUpdates()
        maxDownloadBytes = Math.max(...(result?.updateInfo.files ?? []).map(({ size }) => size ?? Infinity))
        return result?.isUpdateAvailable ? result.updateInfo.version : null
      } catch (error) {
        throw toCheckError(error)
      }
    },
    async download(onPercent) {
      const { CancellationToken } = await import('electron-updater')
      const cancellation = new CancellationToken()
      let cancelStallTimer = () => {}
      const restartStallTimer = () => {
        cancelStallTimer()
        cancelStallTimer = timers.after(stallTimeoutMs, () => cancellation.cancel())
      }
      const onProgress = ({
        percent,
        transferred,
      }: {
        readonly percent: number
        readonly transferred: number
      }) => {
        restartStallTimer()
        // A server could fill the disk before the file is compared with the feed.
        if (transferred > maxDownloadBytes) cancellation.cancel()
        onPercent(percent)
      }
      restartStallTimer()
      updater.on('download-progress', onProgress)
      // Except on macOS the library needs this setting before the download; it is applied after it.
      if (process.platform !== 'darwin') updater.autoInstallOnAppQuit = true
      try {
        await updater.downloadUpdate(cancellation)
      } catch (error) {
        throw toDownloadError(error)
      } finally {
        updater.off('download-progress', onProgress)
        cancelStallTimer()
      }
    },
    async prepareInstall() {
      if (squirrel) await squirrel.prepare()
      else if (process.platform === 'linux')
        await (updater as InstanceType<SafeAppImageUpdater>).copyNextToTarget()
    },
    async install() {
      if (squirrel) return squirrel.quitAndInstall(() => updater.quitAndInstall())
      let cause: unknown = null
      updater.once('error', (error) => (cause = error))
      const isInstalled = (updater as BaseUpdater).install(true, true)
      if (!isInstalled) throw new UpdateError('update-not-installed', cause)
      if (process.platform === 'win32') await (updater as InstanceType<SafeNsisUpdater>).waitForInstaller()
      log.info('the new version is installed')
      setImmediate(options.quit)
    },
    setInstallOnQuit(isEnabled) {
      // On macOS Squirrel gets the file at the end of the download; later changes have no effect.
      updater.autoInstallOnAppQuit = isEnabled
    },
  }
}

async function openSquirrel(timers: Timers): Promise<Squirrel> {
  const { autoUpdater } = await import('electron')
  return createSquirrel(autoUpdater as NativeUpdater, timers)
}

async function createForSystem(options: UpdaterOptions): Promise<AppUpdater> {
  const { testHost, configFile, log } = options
  const { MacUpdater } = await import('electron-updater')
  const adapter = testHost?.adapter
  let updater: AppUpdater
  if (process.platform === 'win32') updater = new (await safeNsisUpdater())(null, adapter)
  else if (process.platform === 'darwin') updater = new MacUpdater(undefined, adapter)
  else updater = new (await safeAppImageUpdater(options.restartArguments))(null, adapter)
  if (testHost) Object.assign(updater, { httpExecutor: testHost.executor })
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
  // Errors are also thrown by the methods; without a listener the emitter would throw them again.
  updater.on('error', () => undefined)
  return updater
}

type SafeNsisUpdater = Awaited<ReturnType<typeof safeNsisUpdater>>

/**
 * electron-updater reports the installation as started before it can be known. It would then run an installer
 * that can't be started with elevated rights, or open it in the shell, while the app quits. This updater only
 * reports that the installer was not started.
 */
async function safeNsisUpdater() {
  const { NsisUpdater } = await import('electron-updater')
  return class SafeNsisUpdater extends NsisUpdater {
    #started: Promise<boolean> = Promise.resolve(false)

    /** Resolves once the installer runs. */
    async waitForInstaller(): Promise<void> {
      try {
        await this.#started
      } catch (error) {
        throw new UpdateError('update-not-installed', error)
      }
    }

    /** Never rejects, since `doInstall` would try again in other ways. */
    protected override spawnLog(program: string, args?: string[]): Promise<boolean> {
      this.#started = super.spawnLog(program, args)
      return this.#started.catch(() => false)
    }
  }
}

type SafeAppImageUpdater = Awaited<ReturnType<typeof safeAppImageUpdater>>

/**
 * electron-updater removes the old AppImage before copying the new one, so a full disk could leave neither.
 * This updater copies the new one to the same folder and then renames it atomically. The name is kept, so
 * that shortcuts still work.
 */
async function safeAppImageUpdater(restartArguments: () => readonly string[]) {
  const { AppImageUpdater } = await import('electron-updater')
  return class SafeAppImageUpdater extends AppImageUpdater {
    #isCopied = false

    #paths() {
      const target = ownAppImage(process.env, process.execPath)
      const downloaded = this.installerPath
      if (target === null || downloaded === null) throw new UpdateError('update-not-installed', 'no AppImage')
      return { target, downloaded, copy: `${target}.new` }
    }

    /** Does everything that the file system can reject, before the app is stopped. */
    async copyNextToTarget(): Promise<void> {
      const { downloaded, copy } = this.#paths()
      try {
        await copyFile(downloaded, copy)
        await chmod(copy, 0o755)
        this.#isCopied = true
      } catch (error) {
        await rm(copy).catch(() => undefined)
        throw toReplaceError(error)
      }
    }

    protected override doInstall({ isForceRunAfter }: InstallOptions): boolean {
      const { target, downloaded, copy } = this.#paths()
      try {
        // When installing on quit, it was not copied before.
        if (!this.#isCopied) {
          copyFileSync(downloaded, copy)
          chmodSync(copy, 0o755)
        }
        renameSync(copy, target)
      } catch (error) {
        rmSync(copy, { force: true })
        throw error
      }
      if (isForceRunAfter) relaunch(target, restartArguments())
      return true
    }
  }
}
