import { setTimeout } from 'node:timers/promises'

/**
 * Keeps sending from running far ahead of hashing. An upload is over when both are, so nothing is lost; and both read the
 * file through the page cache, so near to each other they read the disk once, however much larger than memory the file is.
 * On few cores it also leaves the hash, which is the slower of the two, its core.
 *
 * The threads share one number: blocks that were hashed since the upload began, less those taken for sending. It counts
 * blocks and not positions, since a resumed upload sends at the end of a file that is hashed from its beginning.
 */
export type ReadRate = SharedArrayBuffer

/** How far sending may be ahead, in blocks of 1 MiB. */
const windowBlocks = 64
/** The hash is through: nobody waits any more. Far from either end of a 32-bit number, since counting goes on. */
const through = 2 ** 30
/** How often one who waits looks again, in ms: a hash goes some 8 MiB in this time. */
const lookEveryMs = 4
/** Longer than any thread is busy with something else. */
const standstillMs = 2_000

export function createReadRate(): ReadRate {
  const pace = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  new Int32Array(pace)[0] = windowBlocks
  return pace
}

export interface HashingEnd {
  /** One more block is hashed. */
  hashed(): void
  /** The hash has ended, well or not. */
  over(): void
}

export function hashingEnd(pace: ReadRate): HashingEnd {
  const left = new Int32Array(pace)
  return {
    hashed: () => void Atomics.add(left, 0, 1),
    over: () => void Atomics.add(left, 0, through),
  }
}

export interface SendingEnd {
  /** Takes a block once the hash is near enough; answers early when `isOver` says that nobody wants it any more. */
  take(isOver: () => boolean): Promise<void>
  /** The PUT has failed: what it took will be taken again. */
  giveBack(): void
}

/**
 * One for each PUT. Where nothing has moved for `standstillMs` the window is opened anew: a thread that died gave nothing
 * back, and one whose disk hangs hashes nothing. `nowMs` is a clock that never goes back.
 */
export function sendingEnd(pace: ReadRate, nowMs: () => number = () => performance.now()): SendingEnd {
  const left = new Int32Array(pace)
  let taken = 0
  return {
    async take(isOver) {
      let seen = Atomics.load(left, 0)
      let sinceMs = nowMs()
      while (seen <= 0 && !isOver()) {
        await setTimeout(lookEveryMs)
        const now = Atomics.load(left, 0)
        if (now !== seen) sinceMs = nowMs()
        else if (nowMs() - sinceMs >= standstillMs) Atomics.compareExchange(left, 0, seen, windowBlocks)
        seen = now
      }
      if (isOver()) return
      Atomics.sub(left, 0, 1)
      taken += 1
    },
    giveBack() {
      Atomics.add(left, 0, taken)
      taken = 0
    },
  }
}
