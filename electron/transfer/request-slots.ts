import type { Environment } from '../platform/environment.ts'
import { createLatencyTracker } from './latency-tracker.ts'
import { ConcurrencyController, initialConcurrency } from './concurrency-controller.ts'

/** Limits how many PUTs run at the same time, over all files. */
export interface RequestSlots {
  forFile(requester: SlotRequester): FileSlots
  /** The number of PUTs that may run now. */
  readonly limit: number
  readonly inUse: number
  /** Bounds the limit, from 1 on; running PUTs beyond it are not cancelled. */
  setMaximum(maximum: number): void
  close(): void
}

/** The slots as one file requests them. */
export interface FileSlots {
  /**
   * Waits for a slot. Prioritised files come first, then the file with the fewest slots, so that none starves
   * beside a file of a hundred parts, then the one that has waited longest. Rejects with the signal's reason
   * when aborted while waiting.
   */
  acquire(signal: AbortSignal): Promise<RequestSlot>
}

interface SlotRequester {
  readonly file: string
  /** Whether the user moved the file to the top; read again whenever a slot is released. */
  readonly isFirst: () => boolean
}

/** Permission to run one PUT. */
export interface RequestSlot {
  /**
   * Bytes that the operating system has taken for sending since the last call: the basis of the throughput.
   */
  recordBytes(bytes: number): void
  /** Storage or the network reported overload: 503, a stall, a reset. */
  reportCongestion(): void
  /** Storage took this long to answer `Expect: 100-continue`. */
  recordLatency(host: string, latencyMs: number): void
  release(): void
}

interface Waiter {
  readonly requester: SlotRequester
  readonly grant: (slot: RequestSlot) => void
}

/**
 * More requests still raised the throughput of a 1 Gbit/s connection with 50 ms round trip and 0.1 % loss up
 * to here.
 */
export const maxConcurrency = 64

/** Slots whose number follows the connection (see concurrency-controller.ts). */
export function createRequestSlots(options: {
  readonly environment: Environment
  readonly maximum?: number
  /** The number at the start, and the fewest that are tried; fixing it also turns off latency backoff. */
  readonly initial?: number
  /**
   * The user's limit in bytes per second, or null: it must not be mistaken for the limit of the connection.
   */
  readonly limitBytesPerSecond?: () => number | null
}): RequestSlots {
  const { environment, maximum = maxConcurrency, limitBytesPerSecond = () => null } = options
  const latencyTracker = createLatencyTracker()
  const controller = new ConcurrencyController({
    maximum,
    initial: options.initial ?? initialConcurrency,
    nowMs: environment.now(),
    ...(options.initial === undefined ? { latencyRatio: latencyTracker.ratioSince } : {}),
  })
  const waiting = new Set<Waiter>()
  const slotsPerFile = new Map<string, number>()
  let inUse = 0
  let sentBytes = 0

  function grantFreeSlots(): void {
    while (inUse < controller.limit && waiting.size > 0) {
      const next = nextWaiter(waiting, slotsPerFile)
      waiting.delete(next)
      next.grant(openSlot(next.requester.file))
    }
  }

  function openSlot(file: string): RequestSlot {
    let isReleased = false
    inUse += 1
    slotsPerFile.set(file, (slotsPerFile.get(file) ?? 0) + 1)
    return {
      // The controller decides whenever bytes are counted, so that no timer runs while nothing is sent.
      recordBytes(bytes) {
        sentBytes += bytes
        controller.record({
          nowMs: environment.now(),
          inUse,
          hasWaiting: waiting.size > 0,
          sentBytes,
          limitBytesPerSecond: limitBytesPerSecond(),
        })
        grantFreeSlots()
      },
      reportCongestion: () => controller.reportCongestion(environment.now()),
      recordLatency: (host, latencyMs) => latencyTracker.record(host, latencyMs, environment.now()),
      release() {
        if (isReleased) return
        isReleased = true
        inUse -= 1
        const remaining = (slotsPerFile.get(file) ?? 1) - 1
        if (remaining > 0) slotsPerFile.set(file, remaining)
        else slotsPerFile.delete(file)
        grantFreeSlots()
      },
    }
  }

  function acquire(requester: SlotRequester, signal: AbortSignal): Promise<RequestSlot> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const abort = () => {
        if (waiting.delete(waiter)) reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        requester,
        grant(slot) {
          signal.removeEventListener('abort', abort)
          resolve(slot)
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      waiting.add(waiter)
      grantFreeSlots()
    })
  }

  return {
    get limit() {
      return controller.limit
    },
    get inUse() {
      return inUse
    },
    setMaximum(newMaximum) {
      controller.setMaximum(Math.max(1, newMaximum))
      grantFreeSlots()
    },
    forFile: (requester) => ({ acquire: (signal) => acquire(requester, signal) }),
    close() {
      waiting.clear()
    },
  }
}

/** A linear search is enough: each file waits with one part at a time. */
function nextWaiter(waiting: ReadonlySet<Waiter>, slotsPerFile: ReadonlyMap<string, number>): Waiter {
  const rank = ({ requester }: Waiter) => (requester.isFirst() ? -1 : (slotsPerFile.get(requester.file) ?? 0))
  const [oldest, ...others] = waiting
  if (!oldest) throw new Error('no waiter')
  let best = oldest
  for (const waiter of others) if (rank(waiter) < rank(best)) best = waiter
  return best
}
