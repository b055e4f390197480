import type { Outcome } from '../journal/outcome.ts'
import type { Environment } from '../platform/environment.ts'
import { createWaitingList, type Size, type WaitingList } from './waiting-list.ts'

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

interface QueueOptions {
  readonly atOnce: number
  readonly held: boolean
  readonly hooks: QueueHooks
  readonly environment: Environment
}

/** Small files spend their time on responses rather than bytes, so they run beside the large ones. */
type Place = Size | 'prioritised'

/**
 * Four times the initial number of parallel requests, so that while some small files send, others presign and
 * register.
 */
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
 * Decides what runs next, without files, network or database. At most one run per upload, at most `atOnce`
 * runs of large files and `smallAtOnce` of small ones, lowest position first, plus prioritised ones.
 */
export class Queue {
  readonly #hooks: QueueHooks
  readonly #environment: Environment
  readonly #waiting: WaitingList
  readonly #prioritised = new Set<string>()
  readonly #runs = new Map<string, Run>()
  #atOnce: number
  #isHeld: boolean
  #heldUntilMs = 0
  #isOnline = true
  #cancelTimer = () => {}

  constructor({ atOnce, held, hooks, environment }: QueueOptions) {
    this.#atOnce = atOnce
    this.#isHeld = held
    this.#hooks = hooks
    this.#environment = environment
    this.#waiting = createWaitingList(hooks)
  }

  get running(): ReadonlySet<string> {
    return new Set(this.#runs.keys())
  }

  /** Whether it runs or waits. */
  has(id: string): boolean {
    return this.#runs.has(id) || this.#waiting.has(id)
  }

  /** Queues uploads; those already queued stay as they are. */
  add(ids: readonly string[]): void {
    for (const id of ids) if (!this.has(id)) this.#waiting.put(id, 0)
    this.#fill()
  }

  /** Removes uploads; resolves when running ones have stopped. */
  async remove(ids: readonly string[]): Promise<void> {
    const stopping = ids.flatMap((id) => {
      this.#waiting.delete(id)
      this.#prioritised.delete(id)
      const run = this.#runs.get(id)
      return run ? [stop(run, 'removal')] : []
    })
    await Promise.all(stopping)
  }

  /** Holds the queue: starts nothing and aborts what runs; or releases it. */
  async setHeld(isHeld: boolean): Promise<void> {
    this.#isHeld = isHeld
    if (!isHeld) return this.#fill()
    this.#cancelTimer()
    await Promise.all([...this.#runs.values()].map((run) => stop(run, 'hold')))
  }

  /**
   * While offline nothing is started and nothing aborted; back online, everything that waited for the
   * connection runs.
   */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline
    // A server's request to wait stays in force.
    if (isOnline) this.#waiting.becomeReady(Infinity)
    this.#fill()
  }

  setConcurrency(count: number): void {
    this.#atOnce = count
    this.#fill()
  }

  /**
   * Runs uploads before all others until they are done: the first few start at once, in addition to what
   * runs; the others follow by position. Nothing that runs is aborted.
   */
  prioritise(ids: readonly string[]): void {
    for (const id of ids) if (this.has(id)) this.#prioritised.add(id)
    this.#waiting.reorder()
    this.#fill()
  }

  isPrioritised(id: string): boolean {
    return this.#prioritised.has(id)
  }

  /** Ends all waiting times: the connection is back, the user pressed retry, or the computer woke. */
  wake(): void {
    this.#heldUntilMs = 0
    this.#waiting.becomeReady(Infinity)
    this.#fill()
  }

  #fill(): void {
    this.#cancelTimer()
    if (this.#isHeld || !this.#isOnline || this.#waiting.size === 0) return
    const nowMs = this.#environment.now()
    if (nowMs >= this.#heldUntilMs) {
      this.#waiting.becomeReady(nowMs)
      for (const id of this.#readyPrioritised()) {
        this.#waiting.delete(id)
        this.#start(id, 'prioritised')
      }
      for (const size of ['large', 'small'] as const)
        for (const id of this.#waiting.take(size, this.#free(size))) this.#start(id, size)
    }
    // During a hold by the server, everything that is ready waits for its end.
    const earliestMs = nowMs < this.#heldUntilMs ? this.#heldUntilMs : this.#waiting.nextMs()
    if (earliestMs > nowMs && earliestMs < Infinity)
      this.#cancelTimer = this.#environment.timers.after(earliestMs - nowMs, () => this.#fill())
  }

  #free(place: Place): number {
    const limit = { prioritised: prioritisedAtOnce, small: smallAtOnce, large: this.#atOnce }[place]
    let used = 0
    for (const run of this.#runs.values()) if (run.place === place) used += 1
    return limit - used
  }

  #readyPrioritised(): string[] {
    const ready = [...this.#prioritised].filter((id) => this.#waiting.isReady(id))
    return ready
      .sort((a, b) => this.#hooks.positionOf(a) - this.#hooks.positionOf(b))
      .slice(0, Math.max(0, this.#free('prioritised')))
  }

  #start(id: string, place: Place): void {
    const controller = new AbortController()
    const ended = this.#hooks.run(id, controller.signal).then((outcome) => {
      const stopFor = this.#runs.get(id)?.stopFor ?? null
      this.#runs.delete(id)
      if (stopFor === 'hold' && outcome.kind !== 'done') this.#waiting.put(id, 0)
      // A run that finished despite the abort counts as finished; one that failed after it counts as stopped.
      this.#settle(id, stopFor !== null && outcome.kind !== 'done' ? { kind: 'aborted' } : outcome)
    })
    this.#runs.set(id, { place, controller, ended, stopFor: null })
  }

  #settle(id: string, outcome: Outcome): void {
    if (outcome.kind === 'retry') this.#waiting.put(id, outcome.atMs)
    if (outcome.kind === 'hold') {
      this.#waiting.put(id, outcome.untilMs)
      this.#heldUntilMs = Math.max(this.#heldUntilMs, outcome.untilMs)
    }
    if (!this.#waiting.has(id)) this.#prioritised.delete(id)
    try {
      this.#hooks.settled(id, outcome)
    } catch (error) {
      // A bug in handling one outcome must not block all other uploads.
      this.#environment.log.error('the outcome of a run could not be handled', { id, error: String(error) })
    }
    this.#fill()
  }
}

function stop(run: Run, stopFor: 'hold' | 'removal'): Promise<void> {
  // A removal outranks a hold: a removed upload must not return.
  if (run.stopFor !== 'removal') run.stopFor = stopFor
  run.controller.abort()
  return run.ended
}
