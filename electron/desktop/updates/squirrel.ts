import type { Timers } from '../../platform/environment.ts'
import { toSquirrelError } from './update-errors.ts'

type Event = 'checking-for-update' | 'update-downloaded' | 'update-not-available' | 'error'

/** The part of Electron's `autoUpdater` that is used; on macOS this is Squirrel. */
export interface NativeUpdater {
  on(event: Event, listener: (cause?: unknown) => void): unknown
  off(event: Event, listener: (cause?: unknown) => void): unknown
  /** Fetches the file from electron-updater's local server and verifies its code signature. */
  checkForUpdates(): void
}

export interface Squirrel {
  /** Passes the downloaded file to Squirrel unless it has it. Rejects if Squirrel does not accept it. */
  prepare(): Promise<void>
  /** Calls `requestQuit`. Rejects if Squirrel fails, and never resolves, since the process ends. */
  quitAndInstall(requestQuit: () => void): Promise<void>
}

/** Squirrel unpacks and verifies some hundred megabytes, which can take minutes on a slow disk. */
const prepareTimeoutMs = 5 * 60_000
/** From the request to quit until this process must have ended. */
const quitTimeoutMs = 60_000

/** Turns Squirrel's events into promises. It can fail at any time, or without any event. */
export function createSquirrel(native: NativeUpdater, timers: Timers): Squirrel {
  let state: 'none' | 'preparing' | 'prepared' = 'none'
  const stateAfter = {
    'checking-for-update': 'preparing',
    'update-downloaded': 'prepared',
    'update-not-available': 'none',
    error: 'none',
  } as const
  for (const event of Object.keys(stateAfter) as Event[]) native.on(event, () => (state = stateAfter[event]))

  /** Resolves once Squirrel has accepted the file. */
  function waitForResult(timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAccepted = () => resolve()
    const onFailed = (cause?: unknown) => reject(toSquirrelError(cause))
    const cancelTimeout = timers.after(timeoutMs, () =>
      onFailed(new Error(`Squirrel did not respond for ${timeoutMs} ms`)),
    )
    native.on('update-downloaded', onAccepted)
    native.on('update-not-available', onFailed)
    native.on('error', onFailed)
    return promise.finally(() => {
      cancelTimeout()
      native.off('update-downloaded', onAccepted)
      native.off('update-not-available', onFailed)
      native.off('error', onFailed)
    })
  }

  return {
    async prepare() {
      if (state === 'prepared') return
      const result = waitForResult(prepareTimeoutMs)
      // With "install on quit" it has been started after the download, and a second one would be rejected.
      if (state === 'none') native.checkForUpdates()
      await result
    },
    quitAndInstall(requestQuit) {
      const result = waitForResult(quitTimeoutMs)
      requestQuit()
      return result
    },
  }
}
