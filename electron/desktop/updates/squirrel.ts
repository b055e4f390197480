import type { Timers } from '../../platform/environment.ts'
import { toSquirrelError } from './update-errors.ts'

type Event = 'checking-for-update' | 'update-downloaded' | 'update-not-available' | 'error'

/** What is used of Electron's `autoUpdater`, which on macOS is Squirrel. */
export interface NativeUpdater {
  on(event: Event, listener: (cause?: unknown) => void): unknown
  off(event: Event, listener: (cause?: unknown) => void): unknown
  /** Fetches the file from where electron-updater serves it on this computer, and holds its signature against this app's. */
  checkForUpdates(): void
}

export interface Squirrel {
  /** Hands it the file that is here, unless it has it: the time to refuse, while nothing has been stopped yet. */
  prepare(): Promise<void>
  /** Gives the order to quit for it. Never resolves: this process ends, or Squirrel has refused after all. */
  quitAndInstall(order: () => void): Promise<void>
}

/** It unpacks and checks some hundred megabytes: seconds, on a slow disk a minute or two. In ms. */
export const prepareTimeoutMs = 5 * 60_000
/** From the order until this process is gone, in ms. */
export const quitTimeoutMs = 60_000

/**
 * Squirrel refuses by an event, whenever it likes: an app on a disk image, without a signature, on a full disk. Each of its
 * answers is made the end of a promise here; silence is one as well.
 */
export function createSquirrel(native: NativeUpdater, timers: Timers): Squirrel {
  let stand: 'nothing' | 'taking' | 'taken' = 'nothing'
  const turns = {
    'checking-for-update': 'taking',
    'update-downloaded': 'taken',
    'update-not-available': 'nothing',
    error: 'nothing',
  } as const
  for (const event of Object.keys(turns) as Event[]) native.on(event, () => (stand = turns[event]))

  /** Resolves once it has the file. */
  function answer(limitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const refuse = (cause?: unknown) => reject(toSquirrelError(cause))
    const taken = () => resolve()
    const cancel = timers.after(limitMs, () => refuse(new Error(`Squirrel said nothing for ${limitMs} ms`)))
    native.on('update-downloaded', taken)
    native.on('update-not-available', refuse)
    native.on('error', refuse)
    return promise.finally(() => {
      cancel()
      native.off('update-downloaded', taken)
      native.off('update-not-available', refuse)
      native.off('error', refuse)
    })
  }

  return {
    async prepare() {
      if (stand === 'taken') return
      const answered = answer(prepareTimeoutMs)
      // While one is under way another is refused: with "install on quit" it was begun after the download.
      if (stand === 'nothing') native.checkForUpdates()
      await answered
    },
    quitAndInstall(order) {
      const answered = answer(quitTimeoutMs)
      order()
      return answered
    },
  }
}
