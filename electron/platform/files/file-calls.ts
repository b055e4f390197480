import { withTimeout } from '../delays.ts'
import type { Environment, Timers } from '../environment.ts'
import { realTimers } from '../system-environment.ts'

/**
 * Limits how many calls about the files of one mount run at once: on a network share that is gone they may never
 * return, and each takes one of Node's four threads.
 */
export interface FileCalls {
  /** Makes a call that an upload waits for, before all others. */
  runFirst<T>(path: string, call: () => Promise<T>): Promise<T>
}

export interface FileCallServices {
  readonly fileCalls: FileCalls
  readonly environment: Pick<Environment, 'timers'>
  /** For the limits of calls that most uploads make: by default real time, whatever the environment's is. */
  readonly callTimers?: Timers
}

/** A disk that has not answered within this time counts as unresponsive, in ms. */
const answerLimitMs = 30_000

/**
 * The result of a call about a file, or null if its disk has not answered it, and the calls before it, in time. A call
 * that has not begun by then is left out.
 */
export async function callInTime<T>(
  { fileCalls, callTimers = realTimers }: FileCallServices,
  path: string,
  call: () => Promise<T>,
  limitMs = answerLimitMs,
): Promise<T | null> {
  let isLate = false
  const pending = fileCalls.runFirst(path, async () => (isLate ? null : call()))
  try {
    return await withTimeout(pending, callTimers, limitMs)
  } finally {
    isLate = true
  }
}
