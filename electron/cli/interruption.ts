import { exitCodes } from './exit-codes.ts'

/** What a work answers that did not end before Ctrl-C. */
export const interrupted = Symbol('interrupted')

/** The wish to stop, by Ctrl-C or by SIGTERM. */
export interface Interruption {
  readonly signal: AbortSignal
  /** What the process ends with because of it. */
  readonly exitCode: number
  /** Waits for `work`, but no longer than until the interruption. */
  or<T>(work: Promise<T>): Promise<T | typeof interrupted>
}

/** Listens for the wish to stop; a second one calls `endNow` with the exit code. */
export function listenForInterruption(
  process: NodeJS.Process,
  endNow: (exitCode: number) => void,
): Interruption {
  const controller = new AbortController()
  let exitCode: number = exitCodes.interrupted
  const stop = (code: number) => () => {
    exitCode = code
    if (controller.signal.aborted) endNow(code)
    else controller.abort()
  }
  process.on('SIGINT', stop(exitCodes.interrupted)).on('SIGTERM', stop(exitCodes.terminated))
  const { signal } = controller
  const stopped = new Promise<typeof interrupted>((resolve) => {
    signal.addEventListener('abort', () => resolve(interrupted), { once: true })
  })
  return {
    signal,
    get exitCode() {
      return exitCode
    },
    or: (work) => Promise.race([work, stopped]),
  }
}
