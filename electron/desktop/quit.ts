import { app, powerMonitor } from 'electron'
import process from 'node:process'
import type { Worker } from 'node:worker_threads'
import type { FileLog } from '../platform/log.ts'
import type { Dialogs, RunningUploads } from './window/dialogs.ts'
import { onEachWindow } from './window/each-window.ts'

export interface QuitHandler {
  /** True once everything has been stopped; from then on windows may close. */
  isStopped(): boolean
  /**
   * Finishes parts and stops everything without asking, for an update that replaces this process; a later
   * quit needs no confirmation.
   */
  stop(): Promise<void>
}

/**
 * Stopping flushes the journal and ends open requests; a stalled connection must not delay quitting for
 * longer.
 */
const stopTimeoutMs = 10_000
/** An unresponsive page can prevent its window from closing. */
const exitTimeoutMs = 3_000

/** Quits once everything has been stopped, also if a window does not close. */
export function quitOrExit(): void {
  setTimeout(() => app.exit(0), exitTimeoutMs).unref()
  app.quit()
}

/**
 * Asks before quitting while uploads are running, then stops them so that they resume at the next start. Parts
 * that need a few seconds are finished first, unless the user decides against it or quits again. A system
 * shutdown or a signal quits without asking and without finishing parts.
 */
export function setupQuit(options: {
  readonly running: () => RunningUploads
  readonly dialogs: Pick<Dialogs, 'confirmQuit'>
  /** Brings the window to the front, to which an open question belongs. */
  readonly showWindow: () => void
  /** Resolves once the parts that need a few seconds are finished, or `stopPausing` was called. */
  readonly finishParts: () => Promise<void>
  readonly stopPausing: () => void
  readonly stop: () => Promise<void>
  /** True when a pending call would prevent this process from exiting. */
  readonly isStuck: () => boolean
  /** The worker threads that have not ended. One that hangs in a file call would prevent it too. */
  readonly threads: ReadonlySet<Worker>
  readonly log: FileLog
}): QuitHandler {
  const { dialogs, stop, isStuck, threads, log } = options
  let state: 'running' | 'asking' | 'finishing' | 'stopping' | 'stopped' = 'running'
  let mayAsk = true

  async function finishParts(): Promise<void> {
    state = 'finishing'
    await options.finishParts().catch((error: unknown) => log.error('parts could not be finished', { error }))
  }

  async function stopNow(): Promise<void> {
    state = 'stopping'
    await withTimeLimit(stop(), stopTimeoutMs).catch((error: unknown) =>
      log.error('stopping failed', { error }),
    )
    await log.flush()
    state = 'stopped'
  }

  async function quit(): Promise<void> {
    const uploads = options.running()
    if (uploads.running > 0 && mayAsk) {
      state = 'asking'
      const choice = await dialogs.confirmQuit(uploads)
      // A shutdown may have started in the meantime.
      if (state !== 'asking') return
      if (choice === null) {
        state = 'running'
        return
      }
      if (choice === 'finish-parts') await finishParts()
    }
    log.info('quitting', { running: uploads.running })
    await stopNow()
    quitOrExit()
  }

  app.on('before-quit', (event) => {
    if (state === 'stopped') return
    event.preventDefault()
    // Quitting again means now.
    if (state === 'finishing') return options.stopPausing()
    if (state === 'stopping') return
    if (state === 'asking' && mayAsk) return options.showWindow()
    void quit().catch((error: unknown) => {
      state = 'running'
      log.error('quitting failed', { error })
    })
  })
  app.on('quit', () => {
    if (isStuck() || threads.size > 0) process.kill(process.pid, 'SIGKILL')
  })
  const stopFinishing = () => {
    if (state === 'finishing') options.stopPausing()
  }
  const skipConfirmation = () => {
    mayAsk = false
    stopFinishing()
  }
  // Electron asks Linux for a delay only if another listener was added before (lib/browser/api/power-monitor.ts).
  powerMonitor.on('resume', () => undefined)
  // Linux and macOS delay the shutdown by a few seconds for apps that prevent the default.
  powerMonitor.on('shutdown', (event?: { readonly preventDefault?: () => void }) => {
    skipConfirmation()
    event?.preventDefault?.()
    app.quit()
  })
  onEachWindow((window) => {
    // The user may still cancel the end of the session.
    window.on('query-session-end', stopFinishing)
    window.on('session-end', () => {
      skipConfirmation()
      // Windows ends the process as soon as the event was handled.
      log.info('the session ends')
      log.flushNow()
    })
  })
  // Prepended, since Electron's own handler turns these signals into a quit.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.prependListener(signal, () => {
      skipConfirmation()
      app.quit()
    })
  }
  return {
    isStopped: () => state === 'stopped',
    async stop() {
      await finishParts()
      await stopNow()
    },
  }
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
