import type { Environment } from '../platform/environment.ts'
import type { Outcome } from '../journal/outcome.ts'
import { createWaitingList, type Size } from './waiting-list.ts'

export interface QueueHooks {
  /** Runs one upload to an outcome. Must not throw. */
  run(id: string, signal: AbortSignal): Promise<Outcome>
  /** The outcome of a run, before the next one starts. */
  settled(id: string, outcome: Outcome): void
  /** Position of an upload; lower runs first. */
  positionOf(id: string): number
  /** Whether sending takes less time than the requests around it. */
  isSmall(id: string): boolean
}

export interface Queue {
  /** Queues uploads; those already queued stay as they are. */
  add(ids: readonly string[]): void
  /** Removes uploads; resolves when running ones have stopped. */
  remove(ids: readonly string[]): Promise<void>
  /** Holds the queue: starts nothing and aborts what runs; or releases it. */
  setHeld(held: boolean): Promise<void>
  /** While offline nothing is started and nothing aborted; back online, everything that waited for the connection runs. */
  setOnline(isOnline: boolean): void
  setConcurrency(count: number): void
  /**
   * Runs uploads before all others until they are done: the first few start at once, in addition to what runs; the others follow by
   * position. Nothing that runs is aborted.
   */
  prioritise(ids: readonly string[]): void
  isPrioritised(id: string): boolean
  /** Ends all waiting times: the connection is back, the user pressed retry, or the computer woke. */
  wake(): void
  readonly running: ReadonlySet<string>
  /** Whether it runs or waits. */
  has(id: string): boolean
}

/** Small files spend their time on responses rather than bytes, so they run beside the large ones. */
type Place = Size | 'prioritised'

/** Four times the initial number of parallel requests, so that while some small files send, others presign and register. */
const smallAtOnce = 16
/** Enough for what a user means by "now", too few to starve everything else. */
const prioritisedAtOnce = 4

interface Run {
  readonly place: Place
  readonly controller: AbortController
  readonly ended: Promise<void>
  /** Why it was aborted: after a hold it waits again, after a removal it is gone. */
  stopFor: 'hold' | 'removal' | null
}

/**
 * Decides what runs next, without files, network or database. At most one run per upload, at most `atOnce` runs of large files and
 * `smallAtOnce` of small ones, lowest position first, plus prioritised ones.
 */
export function createQueue(options: {
  readonly atOnce: number
  readonly held: boolean
  readonly hooks: QueueHooks
  readonly environment: Environment
}): Queue {
  const { hooks, environment } = options
  let { atOnce, held } = options
  let heldUntilMs = 0
  let isOnline = true
  const waiting = createWaitingList(hooks)
  const prioritised = new Set<string>()
  const runs = new Map<string, Run>()
  let cancelTimer = () => {}

  function fill(): void {
    cancelTimer()
    if (held || !isOnline || waiting.size === 0) return
    const nowMs = environment.now()
    if (nowMs >= heldUntilMs) {
      waiting.becomeReady(nowMs)
      for (const id of readyPrioritised()) {
        waiting.delete(id)
        start(id, 'prioritised')
      }
      for (const id of waiting.take('large', free('large'))) start(id, 'large')
      for (const id of waiting.take('small', free('small'))) start(id, 'small')
    }
    // During a hold by the server, everything that is ready waits for its end.
    const earliestMs = nowMs < heldUntilMs ? heldUntilMs : waiting.nextMs()
    if (earliestMs > nowMs && earliestMs < Infinity)
      cancelTimer = environment.timers.after(earliestMs - nowMs, fill)
  }

  function free(place: Place): number {
    const most = { prioritised: prioritisedAtOnce, small: smallAtOnce, large: atOnce }[place]
    let taken = 0
    for (const run of runs.values()) if (run.place === place) taken += 1
    return most - taken
  }

  function readyPrioritised(): string[] {
    const ready = [...prioritised].filter((id) => waiting.isReady(id))
    return ready
      .sort((a, b) => hooks.positionOf(a) - hooks.positionOf(b))
      .slice(0, Math.max(0, free('prioritised')))
  }

  function start(id: string, place: Place): void {
    const controller = new AbortController()
    const ended = hooks.run(id, controller.signal).then((outcome) => {
      const stopFor = runs.get(id)?.stopFor ?? null
      runs.delete(id)
      if (stopFor === 'hold' && outcome.kind !== 'done') waiting.put(id, 0)
      // A run that finished despite the abort counts as finished; one that failed after it counts as stopped.
      settle(id, stopFor !== null && outcome.kind !== 'done' ? { kind: 'stopped' } : outcome)
    })
    runs.set(id, { place, controller, ended, stopFor: null })
  }

  function settle(id: string, outcome: Outcome): void {
    if (outcome.kind === 'retry') waiting.put(id, outcome.atMs)
    if (outcome.kind === 'hold') {
      waiting.put(id, outcome.untilMs)
      heldUntilMs = Math.max(heldUntilMs, outcome.untilMs)
    }
    if (!waiting.has(id)) prioritised.delete(id)
    try {
      hooks.settled(id, outcome)
    } catch (error) {
      // A bug in handling one outcome must not block all other uploads.
      environment.log.error('the outcome of a run could not be handled', { id, error: String(error) })
    }
    fill()
  }

  function stop(run: Run, stopFor: 'hold' | 'removal'): Promise<void> {
    // A removal outranks a hold: a removed upload must not return.
    if (run.stopFor !== 'removal') run.stopFor = stopFor
    run.controller.abort()
    return run.ended
  }

  return {
    get running() {
      return new Set(runs.keys())
    },
    has: (id) => runs.has(id) || waiting.has(id),
    add(ids) {
      for (const id of ids) if (!runs.has(id) && !waiting.has(id)) waiting.put(id, 0)
      fill()
    },
    async remove(ids) {
      const stopping = ids.flatMap((id) => {
        waiting.delete(id)
        prioritised.delete(id)
        const run = runs.get(id)
        return run ? [stop(run, 'removal')] : []
      })
      await Promise.all(stopping)
    },
    async setHeld(value) {
      held = value
      if (!held) return fill()
      cancelTimer()
      await Promise.all([...runs.values()].map((run) => stop(run, 'hold')))
    },
    setOnline(value) {
      isOnline = value
      // A server's request to wait stays in force.
      if (isOnline) waiting.becomeReady(Infinity)
      fill()
    },
    setConcurrency(count) {
      atOnce = count
      fill()
    },
    prioritise(ids) {
      for (const id of ids) if (runs.has(id) || waiting.has(id)) prioritised.add(id)
      waiting.reorder()
      fill()
    },
    isPrioritised: (id) => prioritised.has(id),
    wake() {
      heldUntilMs = 0
      waiting.becomeReady(Infinity)
      fill()
    },
  }
}
