import type { Ports } from '../contract/ports.ts'

/** How many PUTs run at the same time, over all files. */
export interface Streams {
  /** Waits for its turn, first come first served. Rejects with the signal's reason when aborted while waiting. */
  acquire(signal: AbortSignal): Promise<Stream>
  /** The most that may run now. */
  readonly limit: number
  readonly inUse: number
  close(): void
}

/** One PUT's place. */
export interface Stream {
  /** Bytes the operating system has taken since the last call: what throughput is measured by. */
  moved(bytes: number): void
  /** The line or storage asked for less: 503, a stall, a reset. */
  troubled(): void
  release(): void
}

interface Waiter {
  readonly grant: (stream: Stream) => void
}

/** Start small; the line says whether more pays. The bound is where a 1 Gbit/s line of 50 ms and 0.1 % loss still gained. */
const firstLimit = 4
export const mostStreams = 64
/** New streams first fill their socket buffers, which is no throughput: that time is not measured. */
const settleMs = 1_500
const measureMs = 2_000
/** More streams must bring at least this share more, else they only crowd the line. */
const worthwhileGain = 0.08
/** After growth stopped paying, the line is tried again after this long. */
const restMs = 20_000

type Phase =
  | { readonly kind: 'settling'; readonly untilMs: number }
  | { readonly kind: 'measuring'; readonly fromMs: number; readonly fromBytes: number }
  | { readonly kind: 'resting'; readonly untilMs: number }

/**
 * A budget of streams that follows the line. It raises the limit by half while that raises the throughput by more than
 * `worthwhileGain`, goes back one step when it does not and rests; trouble halves it. Only measured when all streams are in
 * use, since a limit that nobody reaches limits nothing.
 */
export function createStreams(options: { readonly ports: Ports; readonly most?: number }): Streams {
  const { ports, most = mostStreams } = options
  const waiting = new Set<Waiter>()
  let limit = Math.min(firstLimit, most)
  let previousLimit = limit
  let previousRate = 0
  let inUse = 0
  let movedBytes = 0
  let lastTroubleMs = -Infinity
  let phase: Phase = { kind: 'settling', untilMs: ports.now() + settleMs }

  function fill(): void {
    for (const waiter of waiting) {
      if (inUse >= limit) return
      waiting.delete(waiter)
      inUse += 1
      waiter.grant(open())
    }
  }

  function open(): Stream {
    let held = true
    return {
      moved(bytes) {
        movedBytes += bytes
        steer()
      },
      troubled,
      release() {
        if (!held) return
        held = false
        inUse -= 1
        fill()
      },
    }
  }

  /** One decision, made where the bytes are counted: no timer runs while nothing does. */
  function steer(): void {
    const nowMs = ports.now()
    if (inUse < limit || waiting.size === 0) {
      // Nobody wants more than there is: whatever was being measured says nothing about the limit.
      phase = { kind: 'settling', untilMs: nowMs + settleMs }
      return
    }
    if (phase.kind === 'measuring') {
      if (nowMs - phase.fromMs >= measureMs)
        decide((movedBytes - phase.fromBytes) / (nowMs - phase.fromMs), nowMs)
    } else if (nowMs >= phase.untilMs) {
      if (phase.kind === 'resting') previousRate = 0
      phase = { kind: 'measuring', fromMs: nowMs, fromBytes: movedBytes }
    }
  }

  /** `rate` is in bytes a millisecond, measured at the present limit. */
  function decide(rate: number, nowMs: number): void {
    const grew = previousRate > 0 && limit > previousLimit
    if (grew && rate < previousRate * (1 + worthwhileGain)) {
      limit = previousLimit
      phase = { kind: 'resting', untilMs: nowMs + restMs }
      return
    }
    previousRate = rate
    previousLimit = limit
    if (limit >= most) {
      phase = { kind: 'resting', untilMs: nowMs + restMs }
      return
    }
    limit = Math.min(most, limit + Math.max(1, Math.floor(limit / 2)))
    phase = { kind: 'settling', untilMs: nowMs + settleMs }
    fill()
  }

  function troubled(): void {
    const nowMs = ports.now()
    // Streams that fail together are one trouble.
    if (nowMs - lastTroubleMs < measureMs) return
    lastTroubleMs = nowMs
    limit = Math.max(1, Math.floor(limit / 2))
    previousLimit = limit
    previousRate = 0
    phase = { kind: 'resting', untilMs: nowMs + restMs }
  }

  return {
    get limit() {
      return limit
    },
    get inUse() {
      return inUse
    },
    acquire(signal) {
      signal.throwIfAborted()
      if (inUse < limit && waiting.size === 0) {
        inUse += 1
        return Promise.resolve(open())
      }
      return new Promise((resolve, reject) => {
        const abort = () => {
          if (waiting.delete(waiter)) reject(signal.reason as Error)
        }
        const waiter: Waiter = {
          grant(stream) {
            signal.removeEventListener('abort', abort)
            resolve(stream)
          },
        }
        waiting.add(waiter)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
    close() {
      waiting.clear()
    },
  }
}
