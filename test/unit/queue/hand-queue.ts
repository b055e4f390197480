import { failure } from '../../../electron/contract/failures.ts'
import type { Outcome } from '../../../electron/journal/outcome.ts'
import { Queue } from '../../../electron/queue/queue.ts'
import type { PauseRequest } from '../../../electron/platform/pause-request.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

interface Run {
  readonly id: string
  readonly signal: AbortSignal
  readonly pause: PauseRequest
  /** Ends the run and lets the queue settle it. */
  end(outcome: Outcome): Promise<void>
}

/** A queue whose runs end only when the test ends them; `order` sets the positions, `servers` the servers of ids. */
export function handQueue({
  atOnce = 1,
  held = false,
  order = {} as Record<string, number>,
  small = [] as string[],
  servers = {} as Record<string, string>,
} = {}) {
  const clock = standingClock()
  const runs: Run[] = []
  const outcomes: string[] = []
  const settled: Outcome[] = []
  const postponed: (readonly [string, number | null])[] = []
  let idleCount = 0
  const queue = new Queue({
    atOnce,
    held,
    environment: createTestEnvironment(clock),
    hooks: {
      run(id, { signal, pause }) {
        const gate = Promise.withResolvers<Outcome>()
        runs.push({
          id,
          signal,
          pause,
          async end(outcome) {
            gate.resolve(outcome)
            await gate.promise
          },
        })
        return gate.promise
      },
      pausing: (id, isPausing) => outcomes.push(`${id} ${isPausing ? 'pausing' : 'not pausing'}`),
      settled(id, outcome) {
        outcomes.push(`${id} ${outcome.kind}`)
        settled.push(outcome)
      },
      postponed: (id, untilMs) => void postponed.push([id, untilMs]),
      idle: () => void (idleCount += 1),
      positionOf: (id) => order[id] ?? 0,
      isSmall: (id) => small.includes(id),
      serverOf: (id) => servers[id] ?? 'cloud.example',
    },
  })
  const run = (id: string) => {
    const found = runs.findLast((one) => one.id === id)
    if (!found) throw new Error(`${id} has not run`)
    return found
  }
  return {
    queue,
    clock,
    outcomes,
    settled,
    /** Each with the time until which its server asks to wait, or null. */
    postponed,
    order,
    run,
    started: () => runs.map(({ id }) => id),
    idleCount: () => idleCount,
  }
}

export const done: Outcome = { kind: 'done' }
export const aborted: Outcome = { kind: 'aborted' }
export const later = (atMs: number): Outcome => ({ kind: 'retry', failure: failure('connection-lost'), atMs })
export const hold = (untilMs: number): Outcome => ({
  kind: 'hold',
  failure: failure('rate-limited'),
  untilMs,
})
