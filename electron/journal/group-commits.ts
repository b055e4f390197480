import type { Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * A flush of the disk takes about a millisecond of the main thread, and many small files ask for one at almost the same
 * time: after a flush the next ones wait this long for each other. One that comes alone waits for nothing.
 */
const shortestMs = 5
/** On a slow or busy disk they wait longer, so that flushing takes a third of the time at most; nobody waits noticeably. */
const pauseFactor = 2
const longestMs = 50

interface Waiting<Change> {
  readonly change: Change
  readonly resolve: (written: Result<void>) => void
  readonly reject: (error: unknown) => void
}

/** Writes down in one go what comes close together. The answer comes once it is on the disk, or could not be. */
export function createGroupCommits<Change>(options: {
  readonly write: (changes: readonly Change[]) => Result<void>
  readonly environment: Environment
}): (change: Change) => Promise<Result<void>> {
  const { write, environment } = options
  let waiting: Waiting<Change>[] = []
  let gathers = false

  function flush(): void {
    const group = waiting
    waiting = []
    gathers = group.length > 0
    if (!gathers) return
    const fromMs = environment.now()
    try {
      const written = write(group.map(({ change }) => change))
      for (const { resolve } of group) resolve(written)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
    const pauseMs = (environment.now() - fromMs) * pauseFactor
    environment.timers.after(Math.min(longestMs, Math.max(shortestMs, pauseMs)), flush)
  }

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject })
      if (!gathers) flush()
    })
}
