import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
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

/** Emits SIGINT, SIGTERM and SIGHUP, as a process does. */
export type SignalSource = Pick<NodeJS.EventEmitter, 'on' | 'off' | 'emit'>

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
  source: Pick<SignalSource, 'on'>,
  endNow: (exitCode: number) => void,
): Interruption {
  const controller = new AbortController()
  let exitCode: number = exitCodes.interrupted
  for (const name of signals)
    source.on(name, () => {
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
 * Calls `end` with the exit code of each signal until the returned function is called. Without listeners, Electron's own
 * handler would only request to quit.
 */
export function endOnSignals(source: SignalSource, end: (exitCode: number) => void): () => void {
  const listeners = signals.map((name) => [name, () => end(codesBySignal[name])] as const)
  for (const [name, listener] of listeners) source.on(name, listener)
  return () => {
    for (const [name, listener] of listeners) source.off(name, listener)
  }
}

/**
 * Ends the process as its signal does by default, which shells report as `exitCode`. `process.exit` would wait
 * for threads that are blocked by an unreachable disk.
 */
export function endBySignal(process: NodeJS.Process, exitCode: number): void {
  const name = signals.find((one) => codesBySignal[one] === exitCode)
  // Windows has no signals. Electron's `process.exit` may return (its lib/browser/init.ts).
  if (name === undefined || process.platform === 'win32') return process.exit(exitCode)
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

/** How long the end of a command waits for file calls. On an unreachable disk they never return. */
const defaultFileCallsMs = 1_000

/**
 * Ends the threads. Returns whether file calls of this or another thread don't return, so that a normal exit would
 * wait for them.
 */
async function isBlocked(
  threads: ReadonlySet<Worker>,
  hasFileCalls: () => boolean,
  limitMs: number,
): Promise<boolean> {
  const ending = [...threads]
  for (const thread of ending) void thread.terminate()
  const isWaiting = () => ending.some((thread) => threads.has(thread)) || hasFileCalls()
  const deadlineMs = performance.now() + limitMs
  while (isWaiting() && performance.now() < deadlineMs) await delay(10)
  return isWaiting()
}

/**
 * Ends the process, which interrupted work such as reading a folder may keep alive: by `endProcess`, or like its
 * signal if file calls don't return.
 */
export async function endInterrupted(
  process: NodeJS.Process,
  { exitCode }: Pick<Interruption, 'exitCode'>,
  {
    threads,
    endProcess,
    fileCallsMs = defaultFileCallsMs,
  }: {
    readonly threads: ReadonlySet<Worker>
    readonly endProcess: () => void
    readonly fileCallsMs?: number
  },
): Promise<void> {
  const hasFileCalls = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
  // Also if the command has succeeded: its own exit code would need `process.exit`.
  if (await isBlocked(threads, hasFileCalls, fileCallsMs)) endBySignal(process, exitCode)
  else endProcess()
}

/** Longer, since killing the process hides the exit code: a busy computer may need a second to end a thread. */
const threadEndMs = 5_000

/** Kills the process if a thread is blocked. It would wait for it after its end, when no signal is handled. */
export async function killIfBlocked(
  process: NodeJS.Process,
  threads: ReadonlySet<Worker>,
  limitMs = threadEndMs,
): Promise<void> {
  if (await isBlocked(threads, () => false, limitMs)) process.kill(process.pid, 'SIGKILL')
}
