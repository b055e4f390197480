import { failure } from '../../contract/failures.ts'
import type { Log, Timers } from '../../platform/environment.ts'
import type { Settings } from '../../contract/settings.ts'
import type { NoUpdates, UpdateState } from '../../contract/updates.ts'
import { installFailure, updateFailure } from './update-errors.ts'

// Nothing of Electron is imported here: when to look, to fetch and to install is decided without it.

/** Whoever looks, fetches and installs. It throws `UpdateTrouble`. */
export interface Updater {
  /** The version that is newer than this one, or null. */
  check(): Promise<string | null>
  /** Fetches and checks what the last `check` has found; tells how far, in percent. */
  download(onPercent: (percent: number) => void): Promise<void>
  /** Gets it so far that only this one stands in its way; whatever can refuse it does so here, while nothing is stopped. */
  prepareInstall(): Promise<void>
  /** Takes this app's place and starts the new one. */
  install(): Promise<void>
  /** Whether what is ready takes this one's place when the person quits. */
  setInstallOnQuit(wanted: boolean): void
}

export interface Updates {
  state(): UpdateState
  /** From here on it looks by itself, first after a while. */
  start(): void
  check(): Promise<UpdateState>
  download(): Promise<UpdateState>
  install(): Promise<UpdateState>
  /** Something that installing waits for has changed: uploads, or whether anybody sees the window. */
  conditionsChanged(): void
  /** The settings have changed. */
  settingsChanged(): void
}

/** A version that is kept from start to start. */
export interface StoredVersion {
  read(): string | null
  write(version: string | null): void
}

export interface UpdatesOptions {
  /** Null where the app brings itself up to date. */
  readonly unavailableReason: NoUpdates | null
  /** Loaded when first needed. */
  readonly loadUpdater: () => Promise<Updater>
  readonly settings: () => Pick<Settings, 'updates' | 'updateOnQuit'>
  /** True while a restart would hold something up. */
  readonly isBusy: () => boolean
  readonly isWindowVisible: () => boolean
  /** False while a sign-in lies in memory alone: a restart would end it. */
  readonly areSignInsSaved: () => boolean
  /** Stops everything that must be whole before this process is replaced. */
  readonly stopApp: () => Promise<void>
  /** The new one did not come: this one has stopped everything and must begin anew. */
  readonly restartApp: () => void
  /** The version that was to take this one's place, kept over the restart. */
  readonly intended: StoredVersion
  /** The version that could not take this one's place: it is not tried again unless the person asks for it. */
  readonly refused: StoredVersion
  readonly currentVersion: string
  readonly onStateChange: (state: UpdateState) => void
  readonly timers: Timers
  readonly now: () => number
  readonly log: Log
}

/** The start belongs to the window and the queue. */
export const firstCheckAfterMs = 60_000
export const checkEveryMs = 24 * 60 * 60_000
/** After a line that was down: long enough to press nobody's server. */
export const checkAgainAfterMs = 30 * 60_000
/** As long as nothing is sent and nobody sees the window: longer than a pause between two things. */
export const idleForMs = 5 * 60_000

/** Decides when to look for a newer version, when to fetch it and when it may take this one's place. */
export function createUpdates(options: UpdatesOptions): Updates {
  const { unavailableReason: off, settings: wishes, timers, log } = options
  let loaded: Promise<Updater> | null = null
  let state = firstState(options)
  let cancelCheck: (() => void) | null = null
  let cancelIdle: (() => void) | null = null
  let found: string | null = null

  const updater = () => (loaded ??= options.loadUpdater())

  function become(next: UpdateState): UpdateState {
    state = next
    options.onStateChange(next)
    turned()
    return next
  }

  async function orTold(work: () => Promise<UpdateState>): Promise<UpdateState> {
    try {
      return await work()
    } catch (error) {
      log.warn('an update did not come', { error })
      return become({ kind: 'failed', failure: updateFailure(error) })
    }
  }

  function plan(delayMs: number): void {
    cancelCheck?.()
    if (off !== null || wishes().updates === 'off') return
    cancelCheck = timers.after(delayMs, () => void look())
  }

  async function look(): Promise<void> {
    const { kind } = await check()
    plan(kind === 'failed' ? checkAgainAfterMs : checkEveryMs)
  }

  async function check(): Promise<UpdateState> {
    // What is under way or ready is not asked for twice; the next start sees to a still newer one.
    if (['off', 'checking', 'downloading', 'ready', 'installing'].includes(state.kind)) return state
    become({ kind: 'checking' })
    return orTold(async () => {
      found = await (await updater()).check()
      if (found === null) return become({ kind: 'current', checkedAtMs: options.now() })
      log.info('a newer version is there', { version: found })
      become({ kind: 'found', version: found })
      if (goesByItself(found)) void download()
      return state
    })
  }

  const goesByItself = (version: string) =>
    wishes().updates === 'automatic' && options.refused.read() !== version

  async function download(): Promise<UpdateState> {
    const version = found
    if (version === null || (state.kind !== 'found' && state.kind !== 'failed')) return state
    become({ kind: 'downloading', version, percent: 0 })
    return orTold(async () => {
      const fetcher = await updater()
      fetcher.setInstallOnQuit(wishes().updateOnQuit)
      await fetcher.download((percent) => {
        const whole = Math.floor(percent)
        const isNews = state.kind !== 'downloading' || whole > state.percent
        if (isNews) become({ kind: 'downloading', version, percent: whole })
      })
      fetcher.setInstallOnQuit(wishes().updateOnQuit)
      return become({ kind: 'ready', version })
    })
  }

  const isIdle = () => !options.isBusy() && !options.isWindowVisible() && options.areSignInsSaved()

  async function install(byItself = false): Promise<UpdateState> {
    if (state.kind !== 'ready') return state
    const { version } = state
    become({ kind: 'installing', version })
    log.info('an update is being installed', { version })
    let isStopped = false
    try {
      const installer = await updater()
      await installer.prepareInstall()
      // Somebody may have come meanwhile.
      if (byItself && !isIdle()) return become({ kind: 'ready', version })
      options.intended.write(version)
      isStopped = true
      await options.stopApp()
      await installer.install()
      return state
    } catch (error) {
      log.error('an update could not be installed', { version, error })
      options.refused.write(version)
      if (isStopped) options.restartApp()
      return become({ kind: 'failed', failure: installFailure(error) })
    }
  }

  /** Waits for a while in which nothing is sent and nobody looks. */
  function turned(): void {
    const mayInstall = state.kind === 'ready' && goesByItself(state.version) && isIdle()
    if (mayInstall) cancelIdle ??= timers.after(idleForMs, () => void install(true))
    else {
      cancelIdle?.()
      cancelIdle = null
    }
  }

  return {
    state: () => state,
    start: () => plan(firstCheckAfterMs),
    check,
    download,
    install: () => install(),
    conditionsChanged: turned,
    settingsChanged() {
      const isOff = wishes().updates === 'off'
      if (isOff && (state.kind === 'current' || state.kind === 'found')) become({ kind: 'resting' })
      if (!isOff && state.kind === 'resting') become({ kind: 'current', checkedAtMs: null })
      if (state.kind === 'found' && goesByItself(state.version)) void download()
      if (state.kind === 'ready') void updater().then((it) => it.setInstallOnQuit(wishes().updateOnQuit))
      plan(firstCheckAfterMs)
      turned()
    },
  }
}

/** An update that was begun and whose version is not this one's has failed, whatever was in its way. */
function firstState({
  unavailableReason: off,
  settings: wishes,
  intended,
  refused,
  currentVersion: version,
  log,
}: UpdatesOptions): UpdateState {
  const wanted = intended.read()
  if (wanted !== null) intended.write(null)
  if (refused.read() === version) refused.write(null)
  if (wanted !== null && wanted !== version) {
    refused.write(wanted)
    log.error('an update did not take its place', { wanted, version })
    return { kind: 'failed', failure: failure('update-not-installed') }
  }
  if (off !== null) return { kind: 'off', why: off }
  return wishes().updates === 'off' ? { kind: 'resting' } : { kind: 'current', checkedAtMs: null }
}
