import { exitCodes } from './exit-codes.ts'

/** The result of `race` when the interruption came first. */
export const interrupted = Symbol('interrupted')

/** Ctrl-C or SIGTERM. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The process's exit code after the interruption. */
  readonly exitCode: number
  /** Waits for `work` or the interruption, whichever comes first. */
  race<T>(work: Promise<T>): Promise<T | typeof interrupted>
}

/** Listens for SIGINT and SIGTERM; a second signal calls `endNow` with the exit code. */
export function listenForInterruption(
  process: NodeJS.Process,
  endNow: (exitCode: number) => void,
): Interruption {
  const controller = new AbortController()
  let exitCode: number = exitCodes.interrupted
  const handle = (code: number) => () => {
    exitCode = code
    if (controller.signal.aborted) endNow(code)
    else controller.abort()
  }
  process.on('SIGINT', handle(exitCodes.interrupted)).on('SIGTERM', handle(exitCodes.terminated))
  const { signal } = controller
  const interruption = new Promise<typeof interrupted>((resolve) => {
    signal.addEventListener('abort', () => resolve(interrupted), { once: true })
  })
  return {
    signal,
    get exitCode() {
      return exitCode
    },
    race: (work) => Promise.race([work, interruption]),
  }
}
