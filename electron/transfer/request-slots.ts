import type { Environment } from '../platform/environment.ts'
import { createRoundTrips } from './round-trips.ts'
import { createConcurrencyController, firstLimit } from './concurrency-controller.ts'

/** How many PUTs run at the same time, over all files. */
export interface RequestSlots {
  /** The streams as one file sees them. */
  of(turn: Turn): FileSlots
  /** The most that may run now. */
  readonly limit: number
  readonly inUse: number
  /** Bounds the limit, from 1 on; what runs beyond it is not cut. */
  setMost(most: number): void
  close(): void
}

export interface FileSlots {
  /**
   * Waits for its turn. A file that is to go first goes first; then the one that has the fewest streams, so that none starves
   * beside a file of a hundred parts; then the one that has waited longest. Rejects with the signal's reason when aborted
   * while waiting.
   */
  acquire(signal: AbortSignal): Promise<RequestSlot>
}

/** For which file streams are wanted. */
export interface Turn {
  readonly file: string
  /** The person moved it to the top; asked again whenever a stream comes free. */
  readonly first: () => boolean
}

/** One PUT's place. */
export interface RequestSlot {
  /** Bytes the operating system has taken since the last call: what throughput is measured by. */
  moved(bytes: number): void
  /** The line or storage asked for less: 503, a stall, a reset. */
  troubled(): void
  /** Storage took so long to say that it wants the body. */
  heard(host: string, tookMs: number): void
  release(): void
}

interface Waiter {
  readonly turn: Turn
  readonly grant: (stream: RequestSlot) => void
}

/** Where a 1 Gbit/s line of 50 ms and 0.1 % loss still gained. */
export const maxConcurrency = 64

/** A budget of streams that follows the line (see steering.ts). */
export function createRequestSlots(options: {
  readonly environment: Environment
  readonly most?: number
  /** How many there are before the line has said anything, and the fewest that are tried, slow answers or not. */
  readonly first?: number
  /** Our own limit on the bytes of a second, or null: it must not be taken for the line's. */
  readonly capBytesPerSecond?: () => number | null
}): RequestSlots {
  const { environment, most = maxConcurrency, first = firstLimit, capBytesPerSecond = () => null } = options
  const roundTrips = createRoundTrips()
  const controller = createConcurrencyController({
    ...{ most, first, nowMs: environment.now() },
    ...(options.first === undefined ? { slowness: roundTrips.slowness } : {}),
  })
  const waiting = new Set<Waiter>()
  const heldBy = new Map<string, number>()
  let inUse = 0
  let movedBytes = 0

  function fill(): void {
    while (inUse < controller.limit && waiting.size > 0) {
      const next = nextOf(waiting, heldBy)
      waiting.delete(next)
      next.grant(open(next.turn.file))
    }
  }

  function open(file: string): RequestSlot {
    let held = true
    inUse += 1
    heldBy.set(file, (heldBy.get(file) ?? 0) + 1)
    return {
      // A decision is made where the bytes are counted: no timer runs while nothing does.
      moved(bytes) {
        movedBytes += bytes
        controller.see({
          nowMs: environment.now(),
          inUse,
          wanted: waiting.size > 0,
          movedBytes,
          capBytesPerSecond: capBytesPerSecond(),
        })
        fill()
      },
      troubled: () => controller.troubled(environment.now()),
      heard: (host, tookMs) => roundTrips.heard(host, tookMs, environment.now()),
      release() {
        if (!held) return
        held = false
        inUse -= 1
        const left = (heldBy.get(file) ?? 1) - 1
        if (left > 0) heldBy.set(file, left)
        else heldBy.delete(file)
        fill()
      },
    }
  }

  function acquire(turn: Turn, signal: AbortSignal): Promise<RequestSlot> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const abort = () => {
        if (waiting.delete(waiter)) reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        turn,
        grant(stream) {
          signal.removeEventListener('abort', abort)
          resolve(stream)
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      waiting.add(waiter)
      fill()
    })
  }

  return {
    get limit() {
      return controller.limit
    },
    get inUse() {
      return inUse
    },
    setMost(count) {
      controller.setMost(Math.max(1, count))
      fill()
    },
    of: (turn) => ({ acquire: (signal) => acquire(turn, signal) }),
    close() {
      waiting.clear()
    },
  }
}

/** Each file waits with one part at a time, so these are few. */
function nextOf(waiting: ReadonlySet<Waiter>, heldBy: ReadonlyMap<string, number>): Waiter {
  const rank = ({ turn }: Waiter) => (turn.first() ? -1 : (heldBy.get(turn.file) ?? 0))
  const [oldest, ...others] = waiting
  if (!oldest) throw new Error('nobody waits')
  let best = oldest
  for (const waiter of others) if (rank(waiter) < rank(best)) best = waiter
  return best
}
