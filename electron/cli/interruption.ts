import { setTimeout as delay } from 'node:timers/promises'
import { exitCodes } from './exit-codes.ts'

/** The result of `race` when the interruption came first. */
export const interrupted = Symbol('interrupted')

/** The signals that interrupt a command, with their exit codes. */
const codesBySignal = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  // The terminal was closed.
  SIGHUP: exitCodes.hungUp,
} as const

const signals = Object.keys(codesBySignal) as readonly (keyof typeof codesBySignal)[]

/** Ctrl-C, SIGTERM or SIGHUP. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The process's exit code after the interruption. */
  readonly exitCode: number
  /** Waits for `work` or the interruption, whichever comes first. */
  race<T>(work: Promise<T>): Promise<T | typeof interrupted>
}

/** Listens for the signals; a second one calls `endNow` with the exit code. */
export function listenForInterruption(
  process: NodeJS.Process,
  endNow: (exitCode: number) => void,
): Interruption {
  const controller = new AbortController()
  let exitCode: number = exitCodes.interrupted
  for (const name of signals)
    process.on(name, () => {
      // Both the system and the shell report that a terminal was closed.
      if (controller.signal.aborted && name === 'SIGHUP') return
      exitCode = codesBySignal[name]
      if (controller.signal.aborted) endNow(exitCode)
      else controller.abort()
    })
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

/**
 * Ends the process at the first signal until the returned function is called. Without listeners, Electron's
 * own handler would only request to quit.
 */
export function endOnSignals(process: NodeJS.Process): () => void {
  const listeners = signals.map((name) => [name, () => endBySignal(process, codesBySignal[name])] as const)
  for (const [name, listener] of listeners) process.on(name, listener)
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener)
  }
}

/**
 * Ends the process as its signal does by default, which shells report as `exitCode`. `process.exit` would wait
 * for threads that are blocked by an unreachable disk.
 */
export function endBySignal(process: NodeJS.Process, exitCode: number): void {
  const name = signals.find((one) => codesBySignal[one] === exitCode)
  // Windows has no signals.
  if (name === undefined || process.platform === 'win32') process.exit(exitCode)
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

/** How long the end of an interrupted command waits for file calls. On an unreachable disk they never return. */
const defaultFileCallsMs = 1_000

/**
 * Ends the process, which interrupted work such as reading a folder may keep alive: by `endProcess`, or like its
 * signal if file calls don't return.
 */
export async function endInterrupted(
  process: NodeJS.Process,
  interruption: Pick<Interruption, 'exitCode'>,
  endProcess: () => void,
  fileCallsMs = defaultFileCallsMs,
): Promise<void> {
  const hasFileCalls = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
  const deadlineMs = performance.now() + fileCallsMs
  while (hasFileCalls() && performance.now() < deadlineMs) await delay(10)
  // Also if the command has succeeded: its own exit code would need `process.exit`.
  if (hasFileCalls()) endBySignal(process, interruption.exitCode)
  else endProcess()
}

/**
 * Registers the listeners again with the system, because Electron replaces all of them by its own before its
 * `ready` event.
 */
export function renewSignalListeners(process: NodeJS.Process): void {
  for (const name of signals) {
    const listeners = process.listeners(name)
    process.removeAllListeners(name)
    for (const listener of listeners) process.on(name, listener)
  }
}
