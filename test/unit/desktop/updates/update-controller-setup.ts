import type { NoUpdates, UpdateState } from '../../../../electron/contract/updates.ts'
import type { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { UpdateController, type Updater } from '../../../../electron/desktop/updates/update-controller.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

/** What an app that looks for updates meets; a test changes it goes on. */
interface World {
  updates: 'automatic' | 'ask' | 'off'
  updateOnQuit: boolean
  newer: string | null
  checkTrouble: UpdateError | null
  downloadTrouble: UpdateError | null
  /** What the download tells of its progress. */
  percents: readonly number[]
  installTrouble: UpdateError | null
  busy: boolean
  seen: boolean
  off: NoUpdates | null
  intended: string | null
  readyTrouble: UpdateError | null
  refused: string | null
  /** Somebody opens the window while it gets ready. */
  arrives: boolean
  /** Whether sign-ins are in the keychain. */
  kept: boolean
}

/** The rules of updates, on a clock that stands still, with an updater that writes down what is asked of it. */
export function setup(change: Partial<World> = {}) {
  const world: World = {
    ...{
      updates: 'automatic',
      updateOnQuit: false,
      newer: '1.1.0',
      busy: false,
      seen: true,
      off: null,
      intended: null,
    },
    ...{ checkTrouble: null, downloadTrouble: null, installTrouble: null, readyTrouble: null },
    ...{ percents: [50], refused: null, kept: true, arrives: false },
    ...change,
  }
  const done: string[] = []
  const told: UpdateState[] = []
  const clock = standingClock()
  const environment = testPorts(clock)
  const or = (trouble: UpdateError | null) => {
    if (trouble) throw trouble
  }
  const updater: Updater = {
    async check() {
      done.push('check')
      or(world.checkTrouble)
      return world.newer
    },
    async download(onPercent) {
      done.push('download')
      world.percents.forEach(onPercent)
      or(world.downloadTrouble)
    },
    async prepareInstall() {
      done.push('get ready')
      or(world.readyTrouble)
      if (world.arrives) world.seen = true
    },
    async install() {
      done.push('install')
      or(world.installTrouble)
    },
    setInstallOnQuit: (wanted) => void done.push(`on quit: ${wanted}`),
  }
  const updates = new UpdateController({
    unavailableReason: world.off,
    loadUpdater: async () => {
      done.push('load')
      return updater
    },
    settings: () => world,
    isBusy: () => world.busy,
    isWindowVisible: () => world.seen,
    areSignInsSaved: () => world.kept,
    stopApp: async () => void done.push('prepare'),
    restartApp: () => void done.push('recover'),
    intended: { read: () => world.intended, write: (version) => (world.intended = version) },
    refused: { read: () => world.refused, write: (version) => (world.refused = version) },
    currentVersion: '1.0.0',
    onStateChange: (state) => told.push(state),
    ...environment,
  })
  /** Moves the clock and lets what it set off come to its end. */
  async function pass(ms: number) {
    clock.advance(ms)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return { world, updates, done, told, clock, pass, lines: environment.lines }
}
