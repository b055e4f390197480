import type { Environment } from '../platform/environment.ts'
import type { PauseRequest } from '../platform/pause-request.ts'

/** A pause waits for PUTs that need at most this long, by their average speed so far. */
const finishWithinMs = 15_000
/** Workers report progress every 100 ms: before this, a PUT without a report may have sent many bytes. */
const firstReportMs = 190

/** The signal for one PUT, which also aborts if a pause is requested and the PUT would take too long. */
export interface PausablePut {
  readonly signal: AbortSignal
  progressed(flushedBytes: number): void
  /** The PUT has ended, whatever the result. */
  ended(): void
}

/**
 * A PUT without a byte sent is aborted by a pause once its first report is due: nothing would be sent again.
 * With all bytes sent it only waits for storage's answer.
 */
export function createPausablePut(options: {
  readonly sizeBytes: number
  readonly pause: PauseRequest
  readonly signal: AbortSignal
  readonly environment: Pick<Environment, 'now' | 'timers'>
  /** A pause has aborted it; what the PUT reports from now on is of no use. */
  readonly onStopped: () => void
}): PausablePut {
  const { sizeBytes, pause, environment } = options
  const { now } = environment
  const tooLong = new AbortController()
  const startedAtMs = now()
  let sentBytes = 0

  function isDoneSoon(): boolean {
    if (sentBytes === 0) return false
    const remainingMs = ((now() - startedAtMs) * (sizeBytes - sentBytes)) / sentBytes
    return remainingMs <= finishWithinMs
  }

  function stopIfLong(): void {
    if (!pause.isRequested || isDoneSoon()) return
    ended()
    tooLong.abort()
    options.onStopped()
  }

  let cancelCheck = () => {}
  const stopListening = pause.onChange(() => {
    cancelCheck()
    const waitMs = startedAtMs + firstReportMs - now()
    if (sentBytes === 0 && waitMs > 0) cancelCheck = environment.timers.after(waitMs, stopIfLong)
    else stopIfLong()
  })
  const ended = () => {
    cancelCheck()
    stopListening()
  }
  stopIfLong()
  return {
    signal: AbortSignal.any([options.signal, tooLong.signal]),
    progressed(flushedBytes) {
      sentBytes = flushedBytes
    },
    ended,
  }
}
