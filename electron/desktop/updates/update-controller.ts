import { failure } from '../../contract/failures.ts'
import type { Settings } from '../../contract/settings.ts'
import type { NoUpdatesReason, UpdateState } from '../../contract/updates.ts'
import type { Log, Timers } from '../../platform/environment.ts'
import { installFailure, updateFailure } from './update-errors.ts'

// Imports nothing of Electron, so that the timing of updates can be tested without it.

/** Checks for, downloads and installs updates. Its methods throw `UpdateError`. */
export interface Updater {
  /** Returns a version newer than this one, or null. */
  check(): Promise<string | null>
  /** Downloads and verifies the version that the last `check` has found. */
  download(onPercent: (percent: number) => void): Promise<void>
  /** Does everything that can fail before the app is stopped for the installation. */
  prepareInstall(): Promise<void>
  /** Replaces this version and starts the new one. */
  install(): Promise<void>
  /** Whether a downloaded version is installed when the user quits. */
  setInstallOnQuit(isEnabled: boolean): void
}

/** A version that is stored between starts. */
export interface StoredVersion {
  read(): string | null
  write(version: string | null): void
}

export interface UpdatesOptions {
  /** Why this installation is not updated by the app itself; null if it is. */
  readonly unavailableReason: NoUpdatesReason | null
  /** Called when the updater is first needed. */
  readonly loadUpdater: () => Promise<Updater>
  readonly settings: () => Pick<Settings, 'updates' | 'updateOnQuit'>
  /** True while uploads run or wait. */
  readonly isBusy: () => boolean
  /** Commands use this app. On Windows the installer would end them. Changes are not reported. */
  readonly areCommandsWaiting: () => boolean
  /** Asks whether to restart although commands wait. */
  readonly confirmRestart: () => Promise<boolean>
  readonly isWindowVisible: () => boolean
  /** False while a sign-in is only in memory and would be lost by a restart. */
  readonly areSignInsSaved: () => boolean
  /** Stops uploads and flushes everything before this process is replaced. */
  readonly stopApp: () => Promise<void>
  /** Called when an installation failed after the app was stopped. */
  readonly restartApp: () => void
  /** The version being installed, kept across the restart. */
  readonly intended: StoredVersion
  /** The version that could not be installed; it is not tried again automatically. */
  readonly refused: StoredVersion
  readonly currentVersion: string
  readonly onStateChange: (state: UpdateState) => void
  readonly timers: Timers
  readonly now: () => number
  readonly log: Log
}

/** The first check waits until the window and the queue have started. */
const firstCheckDelayMs = 60_000
const checkIntervalMs = 24 * 60 * 60_000
/** After a failed check; long enough not to burden the server. */
const retryCheckDelayMs = 30 * 60_000
/** An update is installed after this time without uploads and without a visible window. */
const idleBeforeInstallMs = 5 * 60_000

/** States in which a further check is not needed; the next start finds a newer version. */
const statesWithoutCheck: ReadonlySet<UpdateState['kind']> = new Set([
  'off',
  'checking',
  'downloading',
  'ready',
  'installing',
])

/** Decides when to check for, download and install a newer version. */
export class UpdateController {
  readonly #options: UpdatesOptions
  #updater: Promise<Updater> | null = null
  #state: UpdateState
  #foundVersion: string | null = null
  #cancelCheck: (() => void) | null = null
  #cancelInstall: (() => void) | null = null

  constructor(options: UpdatesOptions) {
    this.#options = options
    this.#state = initialState(options)
  }

  state(): UpdateState {
    return this.#state
  }

  /** Starts to check for updates automatically. */
  start(): void {
    this.#scheduleCheck(firstCheckDelayMs)
  }

  async check(): Promise<UpdateState> {
    if (statesWithoutCheck.has(this.#state.kind)) return this.#state
    this.#setState({ kind: 'checking' })
    return this.#reportFailure(async () => {
      const updater = await this.#loadUpdater()
      const version = await updater.check()
      this.#foundVersion = version
      if (version === null) return this.#setState({ kind: 'current', checkedAtMs: this.#options.now() })
      this.#options.log.info('a newer version is available', { version })
      this.#setState({ kind: 'found', version })
      if (this.#isAutomatic(version)) void this.download()
      return this.#state
    })
  }

  async download(): Promise<UpdateState> {
    const version = this.#foundVersion
    if (version === null || (this.#state.kind !== 'found' && this.#state.kind !== 'failed'))
      return this.#state
    this.#setState({ kind: 'downloading', version, percent: 0 })
    return this.#reportFailure(async () => {
      const updater = await this.#loadUpdater()
      updater.setInstallOnQuit(this.#options.settings().updateOnQuit)
      await updater.download((value) => {
        const percent = Math.floor(value)
        const state = this.#state
        if (state.kind === 'downloading' && percent <= state.percent) return
        this.#setState({ kind: 'downloading', version, percent })
      })
      updater.setInstallOnQuit(this.#options.settings().updateOnQuit)
      return this.#setState({ kind: 'ready', version })
    })
  }

  async install(): Promise<UpdateState> {
    const { areCommandsWaiting, confirmRestart } = this.#options
    const mustAsk = this.#state.kind === 'ready' && areCommandsWaiting()
    return mustAsk && !(await confirmRestart()) ? this.#state : this.#install({ isAutomatic: false })
  }

  /** Uploads, sign-ins or the window's visibility have changed, which automatic installation depends on. */
  conditionsChanged(): void {
    const state = this.#state
    const mayInstall = state.kind === 'ready' && this.#isAutomatic(state.version) && this.#isIdle()
    if (mayInstall) {
      this.#cancelInstall ??= this.#options.timers.after(idleBeforeInstallMs, () => {
        this.#cancelInstall = null
        void this.#install({ isAutomatic: true })
      })
    } else {
      this.#cancelInstall?.()
      this.#cancelInstall = null
    }
  }

  settingsChanged(): void {
    const { updates } = this.#options.settings()
    const { kind } = this.#state
    if (updates === 'off' && (kind === 'current' || kind === 'found')) this.#setState({ kind: 'resting' })
    if (updates !== 'off' && kind === 'resting') this.#setState({ kind: 'current', checkedAtMs: null })
    if (this.#state.kind === 'found' && this.#isAutomatic(this.#state.version)) void this.download()
    if (this.#state.kind === 'ready') this.#updateInstallOnQuit()
    this.#scheduleCheck(firstCheckDelayMs)
    this.conditionsChanged()
  }

  /** To be called before the app is stopped; further calls do no harm. */
  quitRequested(): void {
    this.#updateInstallOnQuit()
  }

  #updateInstallOnQuit(): void {
    if (!this.#updater) return
    const { settings, areCommandsWaiting } = this.#options
    const isEnabled = settings().updateOnQuit && !areCommandsWaiting()
    void this.#updater.then(
      (updater) => updater.setInstallOnQuit(isEnabled),
      () => undefined,
    )
  }

  #loadUpdater(): Promise<Updater> {
    return (this.#updater ??= this.#options.loadUpdater().catch((error: unknown) => {
      // The next check loads it again.
      this.#updater = null
      throw error
    }))
  }

  #setState(next: UpdateState): UpdateState {
    this.#state = next
    this.#options.onStateChange(next)
    this.conditionsChanged()
    return next
  }

  async #reportFailure(work: () => Promise<UpdateState>): Promise<UpdateState> {
    try {
      return await work()
    } catch (error) {
      this.#options.log.warn('an update check or download failed', { error })
      return this.#setState({ kind: 'failed', failure: updateFailure(error) })
    }
  }

  #scheduleCheck(delayMs: number): void {
    this.#cancelCheck?.()
    const { unavailableReason, settings, timers } = this.#options
    if (unavailableReason !== null || settings().updates === 'off') return
    this.#cancelCheck = timers.after(delayMs, () => void this.#checkAndReschedule())
  }

  async #checkAndReschedule(): Promise<void> {
    const { kind } = await this.check()
    this.#scheduleCheck(kind === 'failed' ? retryCheckDelayMs : checkIntervalMs)
  }

  #isAutomatic(version: string): boolean {
    const { settings, refused } = this.#options
    return settings().updates === 'automatic' && refused.read() !== version
  }

  #isIdle(): boolean {
    const { isBusy, areCommandsWaiting, isWindowVisible, areSignInsSaved } = this.#options
    return !isBusy() && !areCommandsWaiting() && !isWindowVisible() && areSignInsSaved()
  }

  async #install({ isAutomatic }: { readonly isAutomatic: boolean }): Promise<UpdateState> {
    if (this.#state.kind !== 'ready') return this.#state
    const { version } = this.#state
    const { intended, refused, stopApp, restartApp, log } = this.#options
    this.#setState({ kind: 'installing', version })
    log.info('an update is being installed', { version })
    let isStopped = false
    try {
      const updater = await this.#loadUpdater()
      await updater.prepareInstall()
      // The user or a command may have returned in the meantime.
      if (isAutomatic && !this.#isIdle()) return this.#setState({ kind: 'ready', version })
      intended.write(version)
      isStopped = true
      await stopApp()
      await updater.install()
      return this.#state
    } catch (error) {
      log.error('an update could not be installed', { version, error })
      refused.write(version)
      if (isStopped) restartApp()
      return this.#setState({ kind: 'failed', failure: installFailure(error) })
    }
  }
}

const isOlder = (version: string, other: string) => version.localeCompare(other, 'en', { numeric: true }) < 0

/** If an update was started but an older version is still running, the installation has failed. */
function initialState(options: UpdatesOptions): UpdateState {
  const { unavailableReason, settings, intended, refused, currentVersion, log } = options
  const intendedVersion = intended.read()
  if (intendedVersion !== null) intended.write(null)
  if (refused.read() === currentVersion) refused.write(null)
  if (unavailableReason !== null) return { kind: 'off', why: unavailableReason }
  if (intendedVersion !== null && isOlder(currentVersion, intendedVersion)) {
    refused.write(intendedVersion)
    log.error('an update was not installed', { intendedVersion, currentVersion })
    return { kind: 'failed', failure: failure('update-not-installed') }
  }
  return settings().updates === 'off' ? { kind: 'resting' } : { kind: 'current', checkedAtMs: null }
}
