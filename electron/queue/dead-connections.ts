import type { Row } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-phase.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * After a sleep or a network change, connections without progress for this long are dead, in ms. The PUT
 * timeouts would find out too, but much later.
 */
export const deadAfterMs = 5_000
/**
 * Checks after one network change: a dead connection still accepts bytes into its send buffer, which looks
 * like progress.
 */
const checks = 3

/**
 * Restarts uploads whose connections died silently during a sleep or a network change. Only those that have a
 * request to storage: a call of the API has its own time limit, and may succeed after it was aborted.
 */
export interface DeadConnectionMonitor {
  /** The computer woke or its network changed: watch the progress of what runs. */
  watch(): void
  rowChanged(id: string): void
  close(): void
}

export function createDeadConnectionMonitor(options: {
  readonly rowOf: (id: string) => Row | undefined
  /** The uploads with a request to storage that has sent bytes and is not answered. */
  readonly inFlight: () => readonly string[]
  readonly restartRuns: (ids: readonly string[]) => Promise<void>
  readonly environment: Environment
}): DeadConnectionMonitor {
  const { environment } = options
  const progress = new Map<string, number | null>()
  let progressAtMs = -Infinity
  let cancelCheck: (() => void) | null = null

  function schedule(checksLeft: number): void {
    cancelCheck?.()
    cancelCheck = environment.timers.after(deadAfterMs, () => check(checksLeft))
  }

  function check(checksLeft: number): void {
    cancelCheck = null
    const ids = options.inFlight()
    if (ids.length === 0 || environment.monotonicMs() - progressAtMs < deadAfterMs * 0.8) {
      if (checksLeft > 1) schedule(checksLeft - 1)
      return
    }
    environment.log.info('no progress since the network changed: uploads are restarted')
    options.restartRuns(ids).catch((error: unknown) => {
      environment.log.error('uploads could not be restarted', { error })
    })
  }

  return {
    watch() {
      progress.clear()
      progressAtMs = environment.monotonicMs()
      schedule(checks)
    },
    rowChanged(id) {
      if (!cancelCheck) return
      const row = options.rowOf(id)
      // Reading a file from a slow disk is progress as well.
      const bytes =
        row && isRunning(row.live.phase)
          ? row.live.sentBytes + row.live.inFlightBytes + row.live.hashedBytes
          : null
      if (progress.get(id) === bytes) return
      // The first check of a row only records the values that later checks compare with.
      if (progress.has(id) || bytes === null) progressAtMs = environment.monotonicMs()
      progress.set(id, bytes)
    },
    close() {
      cancelCheck?.()
      cancelCheck = null
    },
  }
}
