import { createHash, getFips } from 'node:crypto'

/**
 * The MD5 of what a PUT sends, to hold against the ETag, which is the MD5 of what storage holds. It is worked out where it
 * costs nothing that anybody waits for: MD5 goes at some 650 MB/s on one core, a line at home far slower. Where a thread
 * sends faster than `fastBytesPerSecond` it is left out; the file's own SHA-256 and its checksums hold there as everywhere.
 */
export interface SentMd5 {
  add(bytes: Uint8Array): void
  /** The system has taken so many bytes of this PUT. */
  moved(bytes: number): void
  /** 32 lower-case hex digits, or `null` where it was left out. Once, when all is sent. */
  hex(): string | null
  /** The PUT is over. */
  end(): void
}

/** One for all PUTs of a thread, since they share its core. */
export interface SentMd5s {
  begin(): SentMd5
}

const fastBytesPerSecond = 100_000_000
/** The speed is measured over so many bytes: more than what a socket takes at once without sending it. */
const measuredBytes = 8 * 1024 * 1024

/** `nowMs` is a clock that never goes back. */
export function createSentMd5s(nowMs: () => number = () => performance.now()): SentMd5s {
  let running = 0
  let idleFromMs = 0
  // Of the present measurement; time in which nothing ran is taken out by moving its beginning.
  let fromMs = 0
  let movedBytes = 0
  let fast = false

  /** Counts for all PUTs of the thread. */
  function moved(bytes: number): void {
    movedBytes += bytes
    if (movedBytes < measuredBytes) return
    const now = nowMs()
    fast = movedBytes / (now - fromMs) > fastBytesPerSecond / 1000
    fromMs = now
    movedBytes = 0
  }

  return {
    begin() {
      if (running === 0) fromMs += nowMs() - idleFromMs
      running += 1
      // OpenSSL refuses MD5 where a computer is held to FIPS 140.
      let hash = fast || getFips() === 1 ? null : createHash('md5')
      return {
        add(bytes) {
          if (fast) hash = null
          hash?.update(bytes)
        },
        moved,
        hex: () => hash?.digest('hex') ?? null,
        end() {
          running -= 1
          if (running === 0) idleFromMs = nowMs()
        },
      }
    },
  }
}
