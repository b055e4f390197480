import type { PauseRequest } from '../platform/pause-request.ts'
import { createSentCounter, sentBytesOf, type SentCounter } from './sent-counter.ts'

/** A pause waits for PUTs that need at most this long, by their average speed so far. */
const finishWithinMs = 15_000

/** The signal for one PUT, which also aborts if a pause is requested and the PUT would take too long. */
export interface PausablePut {
  readonly signal: AbortSignal
  /** For the PUT's job. */
  readonly sentCounter: SentCounter
  /** The PUT has ended, whatever the result. */
  ended(): void
}

/**
 * A PUT without a byte sent is aborted by a pause: nothing would be sent again. With all bytes sent it only
 * waits for storage's answer.
 */
export function createPausablePut(options: {
  readonly sizeBytes: number
  readonly pause: PauseRequest
  readonly signal: AbortSignal
  /** A pause has aborted it; what the PUT reports from now on is of no use. */
  readonly onStopped: () => void
}): PausablePut {
  const { sizeBytes, pause } = options
  const tooLong = new AbortController()
  // A clock that is not set during the PUT.
  const startedAtMs = performance.now()
  const sentCounter = createSentCounter()

  function isDoneSoon(): boolean {
    const sentBytes = sentBytesOf(sentCounter)
    if (sentBytes === 0) return false
    const remainingMs = ((performance.now() - startedAtMs) * (sizeBytes - sentBytes)) / sentBytes
    return remainingMs <= finishWithinMs
  }

  function stopIfLong(): void {
    if (!pause.isRequested || isDoneSoon()) return
    stopListening()
    tooLong.abort()
    options.onStopped()
  }

  const stopListening = pause.onChange(stopIfLong)
  pause.puts.add(isDoneSoon)
  stopIfLong()
  return {
    signal: AbortSignal.any([options.signal, tooLong.signal]),
    sentCounter,
    ended() {
      stopListening()
      pause.puts.delete(isDoneSoon)
    },
  }
}
