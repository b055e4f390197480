import { createHash, getFips } from 'node:crypto'

/**
 * The MD5 of the sent bytes, compared with the ETag, which is the MD5 of the stored bytes. It is computed
 * only where it does not slow the upload down: MD5 runs at some 650 MB/s on one core, a home connection is
 * far slower. A thread that sends faster than `fastBytesPerSecond` skips it; SHA-256 and the checksums
 * protect the file in any case.
 */
export interface SentMd5 {
  add(bytes: Uint8Array): void
  /** The operating system has taken this many more bytes of the PUT. */
  recordSent(bytes: number): void
  /** 32 lower-case hex digits, or `null` where it was skipped. Called once, when all bytes are sent. */
  hex(): string | null
  finish(): void
}

/** One for all PUTs of a thread, since they share its core. */
export interface SentMd5Factory {
  start(): SentMd5
}

const fastBytesPerSecond = 100_000_000
/** The speed is measured over more bytes than a socket buffers at once without sending them. */
const measuredBytes = 8 * 1024 * 1024

/** `nowMs` is a monotonic clock. */
export function createSentMd5Factory(nowMs: () => number = () => performance.now()): SentMd5Factory {
  let running = 0
  let idleSinceMs = 0
  // The current measurement; idle time is excluded by moving its start.
  let measuredSinceMs = 0
  let sentBytes = 0
  let isFast = false

  /** Counts for all PUTs of the thread. */
  function recordSent(bytes: number): void {
    sentBytes += bytes
    if (sentBytes < measuredBytes) return
    const now = nowMs()
    isFast = sentBytes / (now - measuredSinceMs) > fastBytesPerSecond / 1000
    measuredSinceMs = now
    sentBytes = 0
  }

  return {
    start() {
      if (running === 0) measuredSinceMs += nowMs() - idleSinceMs
      running += 1
      // OpenSSL refuses MD5 in FIPS 140 mode.
      let hash = isFast || getFips() === 1 ? null : createHash('md5')
      return {
        add(bytes) {
          if (isFast) hash = null
          hash?.update(bytes)
        },
        recordSent,
        hex: () => hash?.digest('hex') ?? null,
        finish() {
          running -= 1
          if (running === 0) idleSinceMs = nowMs()
        },
      }
    },
  }
}
