import { app, powerMonitor } from 'electron'
import process from 'node:process'
import type { Log } from '../platform/environment.ts'
import type { Dialogs } from './window/dialogs.ts'

export interface QuitHandler {
  /** True once everything is stopped: then a closing window closes. */
  isStopped(): boolean
  /** Stops everything without asking, because something takes this process's place; a quit then goes through at once. */
  stopNow(): Promise<void>
}

/** Stopping takes as long as a flush and a goodbye to the storage; a hanging line must not hold the person up. */
const stopLimitMs = 10_000
/** A page that hangs does not let its window close. */
const closeLimitMs = 3_000

/**
 * Quitting with uploads running asks, then stops them so that they go on next time. A computer that shuts down or a signal
 * asks nobody. It ends
 * when everything is stopped and flushed, or after ten seconds.
 */
export function setupQuit(options: {
  readonly running: () => number
  readonly dialogs: Pick<Dialogs, 'confirmQuit'>
  readonly stop: () => Promise<void>
  /** True when something in this process would hold up its end for ever. */
  readonly isStuck: () => boolean
  readonly log: Log & { flush(): Promise<void> }
}): QuitHandler {
  const { running, dialogs, stop, isStuck, log } = options
  let state: 'no' | 'asking' | 'stopping' | 'stopped' = 'no'
  let mayAsk = true

  async function stopAll(): Promise<void> {
    state = 'stopping'
    await withLimit(stop(), stopLimitMs).catch((error: unknown) => log.error('stopping failed', { error }))
    await log.flush()
    state = 'stopped'
  }

  async function quit(): Promise<void> {
    const count = running()
    if (count > 0 && mayAsk) {
      state = 'asking'
      const sure = await dialogs.confirmQuit(count)
      // A shutdown that came in meanwhile has gone on without an answer.
      if (state !== 'asking') return
      if (!sure) {
        state = 'no'
        return
      }
    }
    log.info('quitting', { running: count })
    await stopAll()
    setTimeout(() => app.exit(0), closeLimitMs).unref()
    app.quit()
  }

  app.on('before-quit', (event) => {
    if (state === 'stopped') return
    event.preventDefault()
    if (state === 'stopping' || (state === 'asking' && mayAsk)) return
    void quit().catch((error: unknown) => {
      state = 'no'
      log.error('quitting failed', { error })
    })
  })
  app.on('quit', () => {
    if (isStuck()) process.kill(process.pid, 'SIGKILL')
  })
  const askNobody = () => {
    mayAsk = false
  }
  // The shutdown waits while we stop: Linux and macOS grant a few seconds to an app that asks for them.
  powerMonitor.on('shutdown', (event?: { readonly preventDefault?: () => void }) => {
    askNobody()
    event?.preventDefault?.()
    app.quit()
  })
  app.on('browser-window-created', (_event, window) => {
    window.on('query-session-end', askNobody)
    window.on('session-end', askNobody)
  })
  // Electron turns these signals into a quit of its own; this must have been said before it does.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.prependListener(signal, () => {
      askNobody()
      app.quit()
    })
  }
  return { isStopped: () => state === 'stopped', stopNow: stopAll }
}

/** Resolves when the work is done or the time is up, whichever comes first. */
async function withLimit(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
