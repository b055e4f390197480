import { app, powerMonitor } from 'electron'
import process from 'node:process'
import type { Log } from '../platform/environment.ts'
import type { Dialogs } from './window/dialogs.ts'

export interface QuitHandler {
  /** True once everything has been stopped; from then on windows may close. */
  isStopped(): boolean
  /**
   * Stops everything without asking, for an update that replaces this process; a later quit needs no
   * confirmation.
   */
  stopNow(): Promise<void>
}

/**
 * Stopping flushes the journal and ends open requests; a stalled connection must not delay quitting for
 * longer.
 */
const stopTimeoutMs = 10_000
/** An unresponsive page can prevent its window from closing. */
const exitTimeoutMs = 3_000

/**
 * Asks before quitting while uploads are running, then stops them so that they resume at the next start. A
 * system shutdown or a signal quits without asking.
 */
export function setupQuit(options: {
  readonly runningCount: () => number
  readonly dialogs: Pick<Dialogs, 'confirmQuit'>
  readonly stop: () => Promise<void>
  /** True when a pending call would prevent this process from exiting. */
  readonly isStuck: () => boolean
  readonly log: Log & { flush(): Promise<void> }
}): QuitHandler {
  const { runningCount, dialogs, stop, isStuck, log } = options
  let state: 'running' | 'asking' | 'stopping' | 'stopped' = 'running'
  let mayAsk = true

  async function stopNow(): Promise<void> {
    state = 'stopping'
    await withTimeLimit(stop(), stopTimeoutMs).catch((error: unknown) =>
      log.error('stopping failed', { error }),
    )
    await log.flush()
    state = 'stopped'
  }

  async function quit(): Promise<void> {
    const running = runningCount()
    if (running > 0 && mayAsk) {
      state = 'asking'
      const isConfirmed = await dialogs.confirmQuit(running)
      // A shutdown may have started in the meantime.
      if (state !== 'asking') return
      if (!isConfirmed) {
        state = 'running'
        return
      }
    }
    log.info('quitting', { running })
    await stopNow()
    setTimeout(() => app.exit(0), exitTimeoutMs).unref()
    app.quit()
  }

  app.on('before-quit', (event) => {
    if (state === 'stopped') return
    event.preventDefault()
    if (state === 'stopping' || (state === 'asking' && mayAsk)) return
    void quit().catch((error: unknown) => {
      state = 'running'
      log.error('quitting failed', { error })
    })
  })
  app.on('quit', () => {
    if (isStuck()) process.kill(process.pid, 'SIGKILL')
  })
  const skipConfirmation = () => {
    mayAsk = false
  }
  // Linux and macOS delay the shutdown by a few seconds for apps that prevent the default.
  powerMonitor.on('shutdown', (event?: { readonly preventDefault?: () => void }) => {
    skipConfirmation()
    event?.preventDefault?.()
    app.quit()
  })
  app.on('browser-window-created', (_event, window) => {
    window.on('query-session-end', skipConfirmation)
    window.on('session-end', skipConfirmation)
  })
  // Prepended, since Electron's own handler turns these signals into a quit.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.prependListener(signal, () => {
      skipConfirmation()
      app.quit()
    })
  }
  return { isStopped: () => state === 'stopped', stopNow }
}

/** Resolves when the work is done or the time limit has passed. */
async function withTimeLimit(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
