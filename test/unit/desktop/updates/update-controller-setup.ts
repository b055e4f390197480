import type { NoUpdatesReason, UpdateState } from '../../../../electron/contract/updates.ts'
import type { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { UpdateController, type Updater } from '../../../../electron/desktop/updates/update-controller.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

/** The state of the app around the controller; tests change it during a run. */
interface FakeApp {
  updates: 'automatic' | 'ask' | 'off'
  updateOnQuit: boolean
  newerVersion: string | null
  loadError: UpdateError | null
  checkError: UpdateError | null
  downloadError: UpdateError | null
  /** The progress that the download reports. */
  percents: readonly number[]
  installError: UpdateError | null
  isBusy: boolean
  areCommandsWaiting: boolean
  /** The answer to the question about them. */
  isRestartConfirmed: boolean
  isWindowVisible: boolean
  off: NoUpdatesReason | null
  intended: string | null
  prepareError: UpdateError | null
  refused: string | null
  /** What changes during the preparation. */
  changedDuringPrepare: Partial<Pick<FakeApp, 'isWindowVisible'>>
  /** Whether sign-ins are in the keychain. */
  areSignInsSaved: boolean
}

/** A controller with a manual clock and an updater that records its calls. */
export function setup(change: Partial<FakeApp> = {}) {
  const fake: FakeApp = {
    updates: 'automatic',
    updateOnQuit: false,
    newerVersion: '1.1.0',
    loadError: null,
    checkError: null,
    downloadError: null,
    percents: [50],
    installError: null,
    isBusy: false,
    areCommandsWaiting: false,
    isRestartConfirmed: false,
    isWindowVisible: true,
    off: null,
    intended: null,
    prepareError: null,
    refused: null,
    changedDuringPrepare: {},
    areSignInsSaved: true,
    ...change,
  }
  const calls: string[] = []
  const states: UpdateState[] = []
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const throwIfSet = (error: UpdateError | null) => {
    if (error) throw error
  }
  const updater: Updater = {
    async check() {
      calls.push('check')
      throwIfSet(fake.checkError)
      return fake.newerVersion
    },
    async download(onPercent) {
      calls.push('download')
      fake.percents.forEach(onPercent)
      throwIfSet(fake.downloadError)
    },
    async prepareInstall() {
      calls.push('prepare install')
      throwIfSet(fake.prepareError)
      Object.assign(fake, fake.changedDuringPrepare)
    },
    async install() {
      calls.push('install')
      throwIfSet(fake.installError)
    },
    setInstallOnQuit: (isEnabled) => void calls.push(`on quit: ${isEnabled}`),
  }
  const updates = new UpdateController({
    unavailableReason: fake.off,
    loadUpdater: async () => {
      calls.push('load')
      throwIfSet(fake.loadError)
      return updater
    },
    settings: () => fake,
    isBusy: () => fake.isBusy,
    areCommandsWaiting: () => fake.areCommandsWaiting,
    confirmRestart: async () => fake.isRestartConfirmed,
    isWindowVisible: () => fake.isWindowVisible,
    areSignInsSaved: () => fake.areSignInsSaved,
    async stopApp() {
      await Promise.resolve()
      calls.push('stop app')
    },
    restartApp: () => void calls.push('restart app'),
    intended: { read: () => fake.intended, write: (version) => (fake.intended = version) },
    refused: { read: () => fake.refused, write: (version) => (fake.refused = version) },
    currentVersion: '1.0.0',
    onStateChange: (state) => states.push(state),
    ...environment,
  })
  /** Advances the clock and lets the pending promises settle. */
  async function pass(ms: number) {
    clock.advance(ms)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return { fake, updates, calls, states, clock, pass, lines: environment.lines }
}
