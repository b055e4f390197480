import type { Environment } from '../platform/environment.ts'
import type { Outcome } from '../journal/outcome.ts'
import { createWaitingList, type Size } from './waiting-list.ts'

export interface QueueHooks {
  /** Runs one upload to an outcome. Must not throw. */
  run(id: string, signal: AbortSignal): Promise<Outcome>
  /** Tells what became of a run, before the next one starts. */
  settled(id: string, outcome: Outcome): void
  /** Where an upload stands in the order: smaller runs sooner. */
  positionOf(id: string): number
  /** Whether it is over sooner than its requests are answered. */
  isSmall(id: string): boolean
}

export interface Queue {
  /** Puts uploads into the queue; those that are in it already stay as they are. */
  add(ids: readonly string[]): void
  /** Takes uploads out: a running one is aborted, and the answer waits until it has stopped. */
  remove(ids: readonly string[]): Promise<void>
  /** Starts nothing more and aborts what runs; or goes on. */
  setHeld(held: boolean): Promise<void>
  /** Without a line nothing more is started, and nothing is aborted; once it is there, all that waited for it goes on. */
  setOnline(isThere: boolean): void
  setConcurrency(count: number): void
  /**
   * Lets uploads go before all others, from now until they are over: each starts at once in a place of its own, whatever
   * else runs, and nothing that runs is cut. Of many, the first few do; the others follow by their positions.
   */
  prioritise(ids: readonly string[]): void
  /** Whether it goes before all others. */
  isPrioritised(id: string): boolean
  /** Forgets waiting times: the line is back, the person pressed retry, the computer woke. */
  wake(): void
  readonly running: ReadonlySet<string>
  /** Whether it runs, or will when its turn comes. */
  has(id: string): boolean
}

/** Small files wait for answers rather than for bytes, so they have places beside the large ones. */
type Place = Size | 'lifted'

/**
 * Places for small files: four times the streams that a line begins with, so that while some send, the others ask for
 * their URLs and register.
 */
const smallAtOnce = 16
/** Places for what was lifted: enough for what a person means by "now", too few to crowd everything else out. */
const liftedAtOnce = 4

interface Run {
  readonly place: Place
  readonly controller: AbortController
  readonly ended: Promise<void>
  /** Why it was aborted: a held one waits for its turn again, a removed one is gone. */
  stopFor: 'hold' | 'removal' | null
}

/**
 * Decides what runs next, and nothing else: no file, no network, no database. At most one run per upload, at most
 * `atOnce` runs of large files and `smallAtOnce` of small ones, lowest position first, and what was lifted besides.
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
  let isLineThere = true
  const waiting = createWaitingList(hooks)
  const lifted = new Set<string>()
  const runs = new Map<string, Run>()
  let cancelTimer = () => {}

  function fill(): void {
    cancelTimer()
    if (held || !isLineThere || waiting.size === 0) return
    const nowMs = environment.now()
    if (nowMs >= heldUntilMs) {
      waiting.becomeReady(nowMs)
      for (const id of readyLifted()) {
        waiting.delete(id)
        start(id, 'lifted')
      }
      for (const id of waiting.take('large', free('large'))) start(id, 'large')
      for (const id of waiting.take('small', free('small'))) start(id, 'small')
    }
    // What is ready has no time of its own: while all are held, the end of the hold is what it waits for.
    const earliestMs = nowMs < heldUntilMs ? heldUntilMs : waiting.nextMs()
    if (earliestMs > nowMs && earliestMs < Infinity)
      cancelTimer = environment.timers.after(earliestMs - nowMs, fill)
  }

  function free(place: Place): number {
    const most = { lifted: liftedAtOnce, small: smallAtOnce, large: atOnce }[place]
    let taken = 0
    for (const run of runs.values()) if (run.place === place) taken += 1
    return most - taken
  }

  function readyLifted(): string[] {
    const ready = [...lifted].filter((id) => waiting.isReady(id))
    return ready
      .sort((a, b) => hooks.positionOf(a) - hooks.positionOf(b))
      .slice(0, Math.max(0, free('lifted')))
  }

  function start(id: string, place: Place): void {
    const controller = new AbortController()
    const ended = hooks.run(id, controller.signal).then((outcome) => {
      const stopFor = runs.get(id)?.stopFor ?? null
      runs.delete(id)
      if (stopFor === 'hold' && outcome.kind !== 'done') waiting.put(id, 0)
      // A run that was aborted and finished all the same has finished; one that failed meanwhile was stopped first.
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
    if (!waiting.has(id)) lifted.delete(id)
    try {
      hooks.settled(id, outcome)
    } catch (error) {
      // A bug in telling of one upload must not leave all others standing.
      environment.log.error('what became of a run could not be told', { id, error: String(error) })
    }
    fill()
  }

  function stop(run: Run, stopFor: 'hold' | 'removal'): Promise<void> {
    // A removal outranks a hold: what the person took away does not come back.
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
        lifted.delete(id)
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
    setOnline(isThere) {
      isLineThere = isThere
      // A server that asked everybody to wait is still obeyed.
      if (isThere) waiting.becomeReady(Infinity)
      fill()
    },
    setConcurrency(count) {
      atOnce = count
      fill()
    },
    prioritise(ids) {
      for (const id of ids) if (runs.has(id) || waiting.has(id)) lifted.add(id)
      waiting.reorder()
      fill()
    },
    isPrioritised: (id) => lifted.has(id),
    wake() {
      heldUntilMs = 0
      waiting.becomeReady(Infinity)
      fill()
    },
  }
}
