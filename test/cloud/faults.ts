import type { Operation } from './operations.ts'

/**
 * - `cut`: destroys the connection after `after` bytes of the body (default 0).
 * - `slow`: reads the body (or, without one, sends the response) at `bytesPerSecond`.
 * - `stall`: neither reads nor responds until the failures are cleared or the cloud closes, which cuts the
 *   connection. A client that disconnects within a long body is only detected then, because the body is not
 *   read.
 * - a number: responds with this status, and Retry-After if `retryAfterSeconds` is set, without performing
 *   the operation.
 * - `html`: responds with a gateway's page and `status` (default 502), without performing the operation.
 * - `half-json`: performs the operation and sends half of its response with the original status.
 * - `echo`: responds with `status` (default 400) and an error of this server that repeats the request: its
 *   `Authorization`, the values of its query and its body. Does not perform the operation.
 * - `echo-html`: the same as a gateway's page.
 * - `expired-url`: a presigning operation returns an expired URL; a storage operation is rejected as if its
 *   URL had expired.
 * - `nowhere-url`: a presigning operation returns a URL with a host that cannot be resolved.
 * - `lose-answer`: performs the operation and cuts the connection before the response.
 * - `no-etag`: performs the operation and omits the ETag from its response.
 * - `wrong-etag`: performs the operation and responds with the ETag of other bytes.
 * - a response defined by the test: sent without performing the operation.
 */
export type FaultKind =
  | 'cut'
  | 'slow'
  | 'stall'
  | 'html'
  | 'echo'
  | 'echo-html'
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
  /** An operation's name, or `api` or `storage` for all operations of that server. */
  readonly on: string
  readonly how: FaultKind
  /** Number of affected operations; defaults to 1, Infinity for all. */
  readonly times?: number
  /** Number of matching operations before the first affected one. */
  readonly skip?: number
  /** Bytes of the request's body that are read first. */
  readonly after?: number
  readonly bytesPerSecond?: number
  readonly retryAfterSeconds?: number
  readonly status?: number
  /** Restricts the rule, for example to one part number. */
  readonly when?: (operation: Operation) => boolean
}

/**
 * `arrival`: before the operation; `answer`: after the operation, before its response; a number: body bytes
 * read.
 */
export type HoldMoment = 'arrival' | 'answer' | number

export type HoldChoice = {
  /** Number of operations of this name that pass first. */
  readonly skip?: number
  /** Number of operations that are stopped; defaults to all. */
  readonly times?: number
  /** Whether the bytes of all matching operations are added up, and all of them stop there. */
  readonly together?: boolean
  /** Restricts it to some operations of this name; the others are not counted either. */
  readonly when?: (operation: Operation) => boolean
}

export type Hold = {
  /** Resolves with the first stopped operation. */
  readonly arrived: Promise<Operation>
  /** Continues all stopped operations and lets later ones pass. */
  release(): void
}

export type HeldGate = {
  readonly on: string
  readonly moment: HoldMoment
  /** Whether an operation has reached this hold after reading `bytes`, of which `chunkBytes` are new. */
  isReached(bytes: number, chunkBytes: number, atEnd: boolean): boolean
  stop(operation: Operation): Promise<void>
}

export type Faults = {
  fail(rule: FaultRule): void
  /** Removes all rules and cuts stalled connections. */
  clear(): void
  /** Resolves with the next `clear()`. */
  cleared(): Promise<void>
  /** Stops all operations of this name at the given moment until released. */
  hold(on: string, moment?: HoldMoment, choice?: HoldChoice): Hold
  /** The fault that applies to this operation; counts as used. */
  take(operation: Operation): FaultRule | undefined
  gates(operation: Operation): readonly HeldGate[]
  releaseAll(): void
}

type Armed = { readonly rule: FaultRule; skip: number; left: number }

function concerns(on: string, operation: Operation): boolean {
  return on === operation.name || on === operation.kind
}

export function createFaults(): Faults {
  let armed: Armed[] = []
  let clearing = Promise.withResolvers<void>()
  const held = new Map<HeldGate, { release(): void; skip: number; left: number; when: HoldChoice['when'] }>()

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
        on,
        moment,
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
      held.set(gate, { release, skip: choice.skip ?? 0, left: choice.times ?? Infinity, when: choice.when })
      return { arrived: arrived.promise, release }
    },
    gates(operation) {
      const fitting = [...held].filter(([gate]) => concerns(gate.on, operation))
      const matching = fitting.filter(([, { when }]) => when?.(operation) ?? true)
      return matching.filter(([, one]) => one.skip-- <= 0 && one.left-- > 0).map(([gate]) => gate)
    },
    releaseAll() {
      for (const { release } of held.values()) release()
    },
  }
}
