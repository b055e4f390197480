import { setTimeout } from 'node:timers/promises'

/**
 * Keeps sending from running far ahead of hashing. Both read the file through the page cache, so near each
 * other they read the disk once, even for files larger than memory, and no time is lost because an upload
 * ends when both have ended. With few cores it also leaves a core to hashing, which is the slower of the two.
 *
 * The threads share one number: blocks hashed since the upload began, minus those taken for sending. It
 * counts blocks instead of positions, since a resumed upload sends at the end of a file that is hashed from
 * the beginning.
 */
export type ReadAhead = SharedArrayBuffer

/** How far sending may be ahead, in blocks of 1 MiB. */
const windowBlocks = 64
/**
 * Added when hashing has ended, so that sending never waits again. Far from the limits of a 32-bit number.
 */
const unlimitedBlocks = 2 ** 30
/** Interval at which waiting senders check again: hashing advances by some 8 MiB in this time. */
const pollMs = 4
/** Longer than any thread is busy with other work. */
const standstillMs = 2_000

export function createReadAhead(): ReadAhead {
  const readAhead = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  new Int32Array(readAhead)[0] = windowBlocks
  return readAhead
}

/** The hashing thread's side. */
interface HashingReadAhead {
  /** One more block is hashed. */
  blockHashed(): void
  /** Hashing has ended, successfully or not. */
  ended(): void
}

export function hashingReadAhead(readAhead: ReadAhead): HashingReadAhead {
  const remaining = new Int32Array(readAhead)
  return {
    blockHashed: () => void Atomics.add(remaining, 0, 1),
    ended: () => void Atomics.add(remaining, 0, unlimitedBlocks),
  }
}

/** One PUT's side. */
export interface SendingReadAhead {
  /** Takes a block once hashing is near enough; returns early when `isOver` says that the PUT has ended. */
  acquireBlock(isOver: () => boolean): Promise<void>
  /** The PUT has failed: its blocks will be sent again. */
  releaseBlocks(): void
}

/**
 * One for each PUT. When nothing has changed for `standstillMs` the window is reset: a thread that died
 * returned nothing, and one whose disk hangs hashes nothing. `nowMs` is a monotonic clock.
 */
export function sendingReadAhead(
  readAhead: ReadAhead,
  nowMs: () => number = () => performance.now(),
): SendingReadAhead {
  const remaining = new Int32Array(readAhead)
  let acquired = 0
  return {
    async acquireBlock(isOver) {
      let last = Atomics.load(remaining, 0)
      let unchangedSinceMs = nowMs()
      while (last <= 0 && !isOver()) {
        await setTimeout(pollMs)
        const current = Atomics.load(remaining, 0)
        if (current !== last) unchangedSinceMs = nowMs()
        else if (nowMs() - unchangedSinceMs >= standstillMs)
          Atomics.compareExchange(remaining, 0, last, windowBlocks)
        last = current
      }
      if (isOver()) return
      Atomics.sub(remaining, 0, 1)
      acquired += 1
    },
    releaseBlocks() {
      Atomics.add(remaining, 0, acquired)
      acquired = 0
    },
  }
}
