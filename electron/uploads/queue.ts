import type { Ports } from '../contract/ports.ts'
import type { Outcome } from './outcome.ts'

export interface QueueHooks {
  /** Runs one upload to an outcome. Must not throw. */
  run(id: string, signal: AbortSignal): Promise<Outcome>
  /** Tells what became of a run, before the next one starts. */
  settled(id: string, outcome: Outcome): void
  /** Where an upload stands in the order: smaller runs sooner. */
  positionOf(id: string): number
}

export interface Queue {
  /** Puts uploads into the queue; those that are in it already stay as they are. */
  add(ids: readonly string[]): void
  /** Takes uploads out: a running one is aborted, and the answer waits until it has stopped. */
  remove(ids: readonly string[]): Promise<void>
  /** Starts nothing more and aborts what runs; or goes on. */
  setHeld(held: boolean): Promise<void>
  setAtOnce(count: number): void
  /** Forgets waiting times: the line is back, the person pressed retry, the computer woke. */
  wake(): void
  readonly running: ReadonlySet<string>
}

interface Run {
  readonly controller: AbortController
  readonly ended: Promise<void>
  /** Why it was aborted: a held one waits for its turn again, a removed one is gone. */
  stopFor: 'hold' | 'removal' | null
}

/**
 * Decides what runs next, and nothing else: no file, no network, no database. At most one run per upload, at most
 * `atOnce` runs in all, lowest position first.
 */
export function createQueue(options: {
  readonly atOnce: number
  readonly held: boolean
  readonly hooks: QueueHooks
  readonly ports: Ports
}): Queue {
  const { hooks, ports } = options
  let { atOnce, held } = options
  let heldUntilMs = 0
  /** Waiting uploads, each with the time from which it may run. */
  const waiting = new Map<string, number>()
  const runs = new Map<string, Run>()
  let cancelTimer = () => {}

  function fill(): void {
    cancelTimer()
    if (held) return
    const nowMs = ports.now()
    if (nowMs >= heldUntilMs) {
      for (let next = nextReady(nowMs); next !== null && runs.size < atOnce; next = nextReady(nowMs))
        start(next)
    }
    if (waiting.size === 0 || runs.size >= atOnce) return
    const earliestMs = Math.max(heldUntilMs, earliestWaiting())
    if (earliestMs > nowMs) cancelTimer = ports.timers.after(earliestMs - nowMs, fill)
  }

  function earliestWaiting(): number {
    let earliestMs = Infinity
    for (const fromMs of waiting.values()) earliestMs = Math.min(earliestMs, fromMs)
    return earliestMs
  }

  function nextReady(nowMs: number): string | null {
    let best: string | null = null
    for (const [id, fromMs] of waiting) {
      if (fromMs <= nowMs && (best === null || hooks.positionOf(id) < hooks.positionOf(best))) best = id
    }
    return best
  }

  function start(id: string): void {
    waiting.delete(id)
    const controller = new AbortController()
    const ended = hooks.run(id, controller.signal).then((outcome) => {
      const stopFor = runs.get(id)?.stopFor ?? null
      runs.delete(id)
      if (stopFor === 'hold' && outcome.kind !== 'done') waiting.set(id, 0)
      // A run that was aborted and finished all the same has finished; one that failed meanwhile was stopped first.
      settle(id, stopFor !== null && outcome.kind !== 'done' ? { kind: 'stopped' } : outcome)
    })
    runs.set(id, { controller, ended, stopFor: null })
  }

  function settle(id: string, outcome: Outcome): void {
    if (outcome.kind === 'retry') waiting.set(id, outcome.atMs)
    if (outcome.kind === 'hold') {
      waiting.set(id, outcome.untilMs)
      heldUntilMs = Math.max(heldUntilMs, outcome.untilMs)
    }
    hooks.settled(id, outcome)
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
    add(ids) {
      for (const id of ids) if (!runs.has(id) && !waiting.has(id)) waiting.set(id, 0)
      fill()
    },
    async remove(ids) {
      const stopping = ids.flatMap((id) => {
        waiting.delete(id)
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
    setAtOnce(count) {
      atOnce = count
      fill()
    },
    wake() {
      heldUntilMs = 0
      for (const id of waiting.keys()) waiting.set(id, 0)
      fill()
    },
  }
}
