import type { Environment } from '../platform/environment.ts'
import { createLatencyTracker } from './concurrency/latency-tracker.ts'
import { ConcurrencyController, initialConcurrency } from './concurrency/concurrency-controller.ts'

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
   * Waits for a slot. Prioritised files come first, then parts that were interrupted, then the file with the
   * fewest slots, so that none starves beside a file of a hundred parts, then the file that has just released
   * one, then the one that has waited longest. Rejects with the signal's reason when aborted while waiting.
   */
  acquire(put: WaitingPut, signal: AbortSignal): Promise<RequestSlot>
}

interface SlotRequester {
  readonly file: string
  /** Whether the user moved the file to the top; read again whenever a slot is released. */
  readonly isFirst: () => boolean
  /** Whether the file is sent in seconds: it need not wait until one of many large parts has ended. */
  readonly isSmall: boolean
  /** The file has no slot and waits for one, or no longer. */
  readonly onTurnChange?: (waitsForTurn: boolean) => void
}

interface WaitingPut {
  readonly sizeBytes: number
  /** Whether bytes of it were sent before, in vain. */
  readonly isInterrupted?: boolean
}

/** Permission to run one PUT. */
export interface RequestSlot {
  /**
   * Bytes of this PUT that the operating system has taken for sending, in total: the basis of the throughput.
   * Less than before means that it is sent again.
   */
  recordFlushed(flushedBytes: number): void
  /** Storage or the network reported overload: 503, a stall, a reset. */
  reportCongestion(): void
  /** Storage took this long to answer `Expect: 100-continue`. */
  recordLatency(host: string, latencyMs: number): void
  release(): void
}

interface Waiter {
  readonly requester: SlotRequester
  readonly put: WaitingPut
  readonly grant: (slot: RequestSlot) => void
}

/**
 * More requests still raised the throughput of a 1 Gbit/s connection with 50 ms round trip and 0.1 % loss up
 * to here.
 */
export const maxConcurrency = 64

/** Small and prioritised files that may start although large parts use all slots. */
const maxOvertaking = 2

interface RunningPut {
  readonly file: string
  readonly sizeBytes: number
  /** It started although all slots were in use, and does not count. */
  readonly isExtra: boolean
  flushedBytes: number
}

/** Slots whose number follows the connection (see concurrency/concurrency-controller.ts). */
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
  const { maximum = maxConcurrency, limitBytesPerSecond = () => null } = options
  const now = options.environment.monotonicMs
  const latencyTracker = createLatencyTracker()
  const isAdaptive = options.initial === undefined
  const controller = new ConcurrencyController({
    maximum,
    initial: options.initial ?? initialConcurrency,
    nowMs: now(),
    limitsStake: isAdaptive,
    ...(isAdaptive ? { latencyRatio: latencyTracker.ratioSince } : {}),
  })
  const waiting = new Set<Waiter>()
  const running = createRunningPuts()
  const turns = createTurns((file) => running.countOf(file) === 0 && waitsFor(waiting, file))
  let maximumInUse = maximum
  let lastReleased: string | null = null
  let sentBytes = 0

  function recordSample(): void {
    controller.record({
      nowMs: now(),
      inUse: running.inUse(maximumInUse),
      hasWaiting: waiting.size > 0,
      sentBytes,
      limitBytesPerSecond: limitBytesPerSecond(),
      largestBytes: Math.max(running.largestBytes(), largestOf([...waiting].map(({ put }) => put))),
    })
  }

  function grantFreeSlots(): void {
    while (waiting.size > 0) {
      const isExtra = running.inUse(maximumInUse) >= controller.limit
      const next = firstWaiter(
        isExtra ? overtaking(waiting, running, maximumInUse) : waiting,
        running.countOf,
        lastReleased,
      )
      if (!next) return
      waiting.delete(next)
      next.grant(openSlot(next, isExtra))
      turns.update(next.requester)
    }
  }

  function openSlot({ requester, put }: Waiter, isExtra: boolean): RequestSlot {
    const { file } = requester
    const self: RunningPut = { file, sizeBytes: put.sizeBytes, isExtra, flushedBytes: 0 }
    running.add(self)
    return {
      // The controller decides whenever bytes are counted, so that no timer runs while nothing is sent.
      recordFlushed(flushedBytes) {
        sentBytes += flushedBytes < self.flushedBytes ? flushedBytes : flushedBytes - self.flushedBytes
        self.flushedBytes = flushedBytes
        recordSample()
        grantFreeSlots()
      },
      reportCongestion: () => controller.reportCongestion(now()),
      recordLatency: (host, latencyMs) => latencyTracker.record(host, latencyMs, now()),
      release() {
        if (!running.delete(self)) return
        lastReleased = file
        grantFreeSlots()
        turns.update(requester)
      },
    }
  }

  function acquire(requester: SlotRequester, put: WaitingPut, signal: AbortSignal): Promise<RequestSlot> {
    const slot = waitForSlot(waiting, { requester, put, signal, left: () => turns.update(requester) })
    // Its size may change how many may run.
    recordSample()
    grantFreeSlots()
    turns.update(requester)
    return slot
  }

  return {
    get limit() {
      return controller.limit
    },
    get inUse() {
      return running.size
    },
    setMaximum(newMaximum) {
      maximumInUse = Math.max(1, newMaximum)
      controller.setMaximum(maximumInUse)
      grantFreeSlots()
    },
    forFile: (requester) => ({ acquire: (put, signal) => acquire(requester, put, signal) }),
    close() {
      waiting.clear()
    },
  }
}

function waitForSlot(
  waiting: Set<Waiter>,
  { requester, put, signal, left }: Omit<Waiter, 'grant'> & { signal: AbortSignal; left: () => void },
): Promise<RequestSlot> {
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  return new Promise((resolve, reject) => {
    const abort = () => {
      if (!waiting.delete(waiter)) return
      reject(signal.reason as Error)
      left()
    }
    const waiter: Waiter = {
      requester,
      put,
      grant(slot) {
        signal.removeEventListener('abort', abort)
        resolve(slot)
      },
    }
    signal.addEventListener('abort', abort, { once: true })
    waiting.add(waiter)
  })
}

type RunningPuts = ReturnType<typeof createRunningPuts>

/** The PUTs that have a slot. */
function createRunningPuts() {
  const puts = new Set<RunningPut>()
  const counts = new Map<string, number>()
  const countOf = (file: string) => counts.get(file) ?? 0
  return {
    get size() {
      return puts.size
    },
    countOf,
    add(put: RunningPut): void {
      puts.add(put)
      counts.set(put.file, countOf(put.file) + 1)
    },
    delete(put: RunningPut): boolean {
      if (!puts.delete(put)) return false
      const left = countOf(put.file) - 1
      if (left > 0) counts.set(put.file, left)
      else counts.delete(put.file)
      return true
    },
    largestBytes: () => largestOf([...puts]),
    extraCount: () => [...puts].filter(({ isExtra }) => isExtra).length,
    /**
     * PUTs that use the connection. One that waits for storage's response does not, unless the maximum is
     * reached: without this, each part would begin only after the response to the one before.
     */
    inUse(maximum: number): number {
      let count = 0
      let isAwaitingResponse = false
      for (const { isExtra, flushedBytes, sizeBytes } of puts) {
        if (isExtra) continue
        count += 1
        isAwaitingResponse ||= flushedBytes >= sizeBytes
      }
      return isAwaitingResponse && puts.size < maximum ? count - 1 : count
    },
  }
}

/** Reports each file that begins or ends to wait without a slot. */
function createTurns(waitsForTurn: (file: string) => boolean) {
  const files = new Set<string>()
  return {
    update({ file, onTurnChange }: SlotRequester): void {
      const isWaiting = waitsForTurn(file)
      if (isWaiting === files.has(file)) return
      if (isWaiting) files.add(file)
      else files.delete(file)
      onTurnChange?.(isWaiting)
    },
  }
}

const largestOf = (puts: readonly WaitingPut[]) =>
  puts.reduce((largest, { sizeBytes }) => Math.max(largest, sizeBytes), 0)

/** Small files, and files that the user moved to the top, that may start in addition. */
function overtaking(waiting: ReadonlySet<Waiter>, running: RunningPuts, maximum: number): readonly Waiter[] {
  if (running.extraCount() >= maxOvertaking || running.size >= maximum) return []
  return [...waiting].filter(
    ({ requester }) => (requester.isSmall || requester.isFirst()) && running.countOf(requester.file) === 0,
  )
}

const waitsFor = (waiting: ReadonlySet<Waiter>, file: string) =>
  [...waiting].some(({ requester }) => requester.file === file)

/** A linear search is enough: each file waits with one part at a time. */
function firstWaiter(
  waiting: Iterable<Waiter>,
  slotsOf: (file: string) => number,
  lastReleased: string | null,
): Waiter | null {
  const ranksOf = ({ requester, put }: Waiter) => [
    requester.isFirst() ? 0 : 1,
    put.isInterrupted ? 0 : 1,
    slotsOf(requester.file),
    requester.file === lastReleased ? 0 : 1,
  ]
  let best: { readonly waiter: Waiter; readonly ranks: readonly number[] } | null = null
  for (const waiter of waiting) {
    const ranks = ranksOf(waiter)
    if (!best || isBefore(ranks, best.ranks)) best = { waiter, ranks }
  }
  return best?.waiter ?? null
}

/** Whether the first difference is a lower number. */
function isBefore(ranks: readonly number[], others: readonly number[]): boolean {
  const index = ranks.findIndex((rank, at) => rank !== others[at])
  return index >= 0 && (ranks[index] ?? 0) < (others[index] ?? 0)
}
