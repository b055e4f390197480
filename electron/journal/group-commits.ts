import type { Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * Flushing the disk takes about a millisecond, and many small files request it at almost the same time: changes
 * that follow a flush within this time, in ms, are written together. A single change is written at once.
 */
const minDelayMs = 5
/**
 * The delay is this many times the last flush, so that flushing takes at most a third of the time on a slow
 * disk.
 */
const delayFactor = 2
const maxDelayMs = 50

interface PendingChange<Change> {
  readonly change: Change
  readonly resolve: (written: Result<void>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes changes that come close together in one transaction. Resolves once they are on the disk or could not
 * be written.
 */
export function createGroupCommits<Change>(options: {
  readonly write: (changes: readonly Change[]) => Promise<Result<void>>
  readonly environment: Environment
}): (change: Change) => Promise<Result<void>> {
  const { write, environment } = options
  let pending: PendingChange<Change>[] = []
  let isCollecting = false

  async function flush(): Promise<void> {
    const group = pending
    pending = []
    isCollecting = group.length > 0
    if (!isCollecting) return
    const startMs = environment.monotonicMs()
    try {
      const written = await write(group.map(({ change }) => change))
      for (const { resolve } of group) resolve(written)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
    const delayMs = (environment.monotonicMs() - startMs) * delayFactor
    environment.timers.after(Math.min(maxDelayMs, Math.max(minDelayMs, delayMs)), () => void flush())
  }

  return (change) =>
    new Promise((resolve, reject) => {
      pending.push({ change, resolve, reject })
      if (!isCollecting) void flush()
    })
}
