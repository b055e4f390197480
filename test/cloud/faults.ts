import type { Operation } from './operations.ts'

/**
 * - `cut`: the connection is destroyed after `after` bytes of the body (at once when left out).
 * - `slow`: the body is read (or, without one, the answer sent) at `bytesPerSecond`.
 * - `stall`: nothing more is read and nothing answered until the failures are cleared or the cloud closes,
 *   which cuts the connection. A client that gives up inside a long body is noticed only then, because
 *   nobody reads.
 * - a number: that status, with Retry-After when `retryAfterSeconds` is given; nothing is done.
 * - `html`: a gateway's page with `status` (502 unless told); nothing is done.
 * - `half-json`: the work is done, and half of its true answer is sent with the true status.
 * - `expired-url`: a presigning operation hands out a URL that has already run out;
 *   a storage operation is refused as if its URL had.
 * - `nowhere-url`: a presigning operation hands out a URL on a host that no name server knows.
 * - `lose-answer`: the work is done and the connection is cut before the answer.
 * - `no-etag`: the work is done, and its answer lacks the ETag.
 * - `wrong-etag`: the work is done, and its answer has the ETag of other bytes.
 * - an answer of the test's own: it is given, and nothing is done.
 */
export type FaultKind =
  | 'cut'
  | 'slow'
  | 'stall'
  | 'html'
  | 'half-json'
  | 'expired-url'
  | 'nowhere-url'
  | 'lose-answer'
  | 'no-etag'
  | 'wrong-etag'
  | number
  | GivenAnswer

export type GivenAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export type FaultRule = {
  /** An operation's name, or `api` or `storage` for all of a kind. */
  readonly on: string
  readonly how: FaultKind
  /** How many operations are hit; 1 unless told, Infinity for all. */
  readonly times?: number
  /** How many fitting operations pass before the first is hit. */
  readonly skip?: number
  /** Bytes of the request's body that are read first. */
  readonly after?: number
  readonly bytesPerSecond?: number
  readonly retryAfterSeconds?: number
  readonly status?: number
  /** Narrows the rule, for instance to one part number. */
  readonly when?: (operation: Operation) => boolean
}

/** `arrival`: before anything is done; `answer`: all is done but unanswered; a number: bytes of the body read. */
export type HoldMoment = 'arrival' | 'answer' | number

export type HoldChoice = {
  /** How many operations of that name pass first. */
  readonly skip?: number
  /** Bytes of a moment are those of all these operations together, and all of them stop there. */
  readonly together?: boolean
}

export type Hold = {
  /** Resolves with the first operation that was stopped. */
  readonly arrived: Promise<Operation>
  /** Lets all stopped operations go on, and later ones pass. */
  release(): void
}

export type HeldGate = {
  readonly on: string
  readonly moment: HoldMoment
  /** Whether an operation has come to this gate, with so many bytes read, the last `chunkBytes` of them now. */
  isReached(bytes: number, chunkBytes: number, atEnd: boolean): boolean
  stop(operation: Operation): Promise<void>
}

export type Faults = {
  fail(rule: FaultRule): void
  /** Forgets all rules and cuts what is stalled. */
  clear(): void
  /** Resolves with the next `clear()`. */
  cleared(): Promise<void>
  /** Stops every operation of that name at the moment given, until released. */
  hold(on: string, moment?: HoldMoment, choice?: HoldChoice): Hold
  /** The fault that this operation meets, counted as used. */
  take(operation: Operation): FaultRule | undefined
  gates(operation: Operation): readonly HeldGate[]
  releaseAll(): void
}

type Armed = { readonly rule: FaultRule; skip: number; left: number }

function concerns(on: string, operation: Operation): boolean {
  return on === operation.name || on === operation.kind
}

/** No faults yet. */
export function createFaults(): Faults {
  let armed: Armed[] = []
  let clearing = Promise.withResolvers<void>()
  const held = new Map<HeldGate, { release(): void; skip: number }>()

  return {
    fail(rule) {
      armed.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 })
    },
    clear() {
      armed = []
      clearing.resolve()
      clearing = Promise.withResolvers<void>()
    },
    cleared: () => clearing.promise,
    take(operation) {
      for (const one of armed) {
        if (one.left <= 0 || !concerns(one.rule.on, operation)) continue
        if (one.rule.when && !one.rule.when(operation)) continue
        if (one.skip > 0) {
          one.skip -= 1
          continue
        }
        one.left -= 1
        return one.rule
      }
      return undefined
    },
    hold(on, moment = 'arrival', choice = {}) {
      const arrived = Promise.withResolvers<Operation>()
      const released = Promise.withResolvers<void>()
      let allBytes = 0
      const gate: HeldGate = {
        ...{ on, moment },
        isReached(bytes, chunkBytes, atEnd) {
          allBytes += chunkBytes
          return choice.together ? allBytes >= Number(moment) : atEnd || bytes >= Number(moment)
        },
        stop(operation) {
          arrived.resolve(operation)
          return released.promise
        },
      }
      const release = () => {
        held.delete(gate)
        released.resolve()
      }
      held.set(gate, { release, skip: choice.skip ?? 0 })
      return { arrived: arrived.promise, release }
    },
    gates(operation) {
      const fitting = [...held].filter(([gate]) => concerns(gate.on, operation))
      return fitting.filter(([, one]) => one.skip-- <= 0).map(([gate]) => gate)
    },
    releaseAll() {
      for (const { release } of held.values()) release()
    },
  }
}
