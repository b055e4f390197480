import { mustWait } from '../contract/failures.ts'
import type { Outcome } from '../journal/outcome.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { createPauseControl, type PauseControl, type PauseRequest } from '../platform/pause-request.ts'
import { createWaitingList, type Size, type WaitingList } from './waiting-list.ts'

export interface RunSignals {
  /** Stops everything at once. */
  readonly signal: AbortSignal
  /** Ends the run once it has finished what takes a few seconds. */
  readonly pause: PauseRequest
}

export interface QueueHooks {
  /** Runs one upload to an outcome. Must not throw. */
  run(id: string, signals: RunSignals): Promise<Outcome>
  /** A run is being paused and finishes what takes a few seconds, or no longer. */
  pausing(id: string, isPausing: boolean): void
  /** The outcome of a run, before the next one starts. */
  settled(id: string, outcome: Outcome): void
  /**
   * An upload may run by its own time, but does not start: until `untilMs` its server asks to wait, or (null) no
   * place is free.
   */
  postponed(id: string, untilMs: number | null): void
  /** The last run has ended and no other one could start. */
  idle(): void
  /** Position of an upload; lower runs first. */
  positionOf(id: string): number
  /** Whether sending takes less time than the requests around it. */
  isSmall(id: string): boolean
  /** The server of an upload, by which rate limits apply. */
  serverOf(id: string): string
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
/** The longest wait that a server can ask for, one hour, and the jitter that is added to it. */
const longestHoldMs = 61 * 60_000

/**
 * A paused run that has not ended by then is aborted, such as when storage stalls: the 15 s that parts may
 * take by estimate (transfer/pausable-put.ts), and a margin.
 */
export const pauseLimitMs = 20_000
/** How long a cancellation waits for a registration, in ms: most take less than a second, and the user waits. */
export const registerLimitMs = 5_000

/** Why a run is to end: after a hold it waits again, after a removal it is gone, which outranks a hold. */
type StopReason = 'hold' | 'removal'

interface Run {
  readonly place: Place
  readonly controller: AbortController
  readonly pause: PauseControl
  readonly ended: Promise<void>
  /** Each with a promise that resolves when it no longer applies. */
  readonly stopReasons: Map<StopReason, PromiseWithResolvers<void>>
  /** A pause was revoked, maybe after parts of the run had ended. */
  wasResumed: boolean
  cancelPauseLimit: () => void
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
  /** The ends of rate limits, by server. */
  readonly #heldUntilMs = new Map<string, number>()
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
    for (const id of ids) if (!this.has(id)) this.#waiting.put(id)
    this.#fill()
  }

  /** Queues uploads like `add`; those that wait for a time no longer do, and keep their priority. */
  retryNow(ids: readonly string[]): void {
    for (const id of ids) if (!this.#runs.has(id) && !this.#waiting.isReady(id)) this.#waiting.put(id)
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

  /** Resolves when running uploads have ended, or after `registerLimitMs`. Stops none of them. */
  async ended(ids: readonly string[]): Promise<void> {
    const ending = Promise.all(ids.flatMap((id) => this.#runs.get(id)?.ended ?? []))
    await withTimeout(ending, this.#environment.timers, registerLimitMs)
  }

  /**
   * Removes running uploads once they have finished what takes a few seconds. Resolves when each has ended
   * or was resumed.
   */
  async pause(ids: readonly string[]): Promise<void> {
    const pausing = ids.flatMap((id) => {
      const run = this.#runs.get(id)
      return run ? [this.#pause(id, run, 'removal')] : []
    })
    await Promise.all(pausing)
  }

  /** Whether a pause would finish anything that would otherwise be sent again. */
  canFinishParts(): boolean {
    return [...this.#runs.values()].some(({ pause }) => [...pause.puts].some((isDoneSoon) => isDoneSoon()))
  }

  /** Lets runs continue that `pause` is about to remove. */
  resume(ids: readonly string[]): void {
    for (const id of ids) this.#withdraw(id, 'removal')
  }

  /** Aborts the runs that are being paused, of all uploads unless some are named. */
  stopPausing(ids: readonly string[] = [...this.#runs.keys()]): void {
    for (const id of ids) {
      const run = this.#runs.get(id)
      if (run?.pause.isRequested) run.controller.abort()
    }
  }

  /** Aborts runs, which then start again unless the queue is held. Resolves when they have ended. */
  async restart(ids: readonly string[]): Promise<void> {
    const restarting = ids.flatMap((id) => this.#runs.get(id) ?? [])
    for (const { controller } of restarting) controller.abort()
    await Promise.all(restarting.map(({ ended }) => ended))
  }

  /**
   * Holds the queue, or releases it. While held it starts nothing; what runs is aborted, `at-once` or after
   * it has finished what takes a few seconds (`finishing`).
   */
  async setHeld(isHeld: boolean, how: 'at-once' | 'finishing' = 'at-once'): Promise<void> {
    this.#isHeld = isHeld
    if (!isHeld) {
      for (const id of this.#runs.keys()) this.#withdraw(id, 'hold')
      return this.#fill()
    }
    this.#cancelTimer()
    const runs = [...this.#runs]
    await Promise.all(
      runs.map(([id, run]) => (how === 'at-once' ? stop(run, 'hold') : this.#pause(id, run, 'hold'))),
    )
  }

  /**
   * While offline nothing is started, and nothing aborted except what is being paused; back online,
   * everything that waited for the connection runs. A server's request to wait stays in force.
   */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline
    if (!isOnline) this.stopPausing()
    if (isOnline) this.#endDelays()
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

  /**
   * The positions of uploads have changed, and they run by these again: neither they nor what waits behind
   * them is prioritised any more.
   */
  reorder(ids: readonly string[]): void {
    const { positionOf } = this.#hooks
    const first = ids.reduce((least, id) => Math.min(least, positionOf(id)), Infinity)
    for (const id of this.#prioritised)
      if (this.#waiting.has(id) && positionOf(id) >= first) this.#prioritised.delete(id)
    this.#waiting.reorder()
  }

  isPrioritised(id: string): boolean {
    return this.#prioritised.has(id)
  }

  /**
   * Makes all delayed uploads ready: the network changed, the computer woke, or its clock was set. A server's request
   * to wait stays in force, but not for the hours by which a clock was set back.
   */
  wake(): void {
    const latestMs = this.#latestHoldMs()
    for (const [server, untilMs] of this.#heldUntilMs)
      this.#heldUntilMs.set(server, Math.min(untilMs, latestMs))
    this.#endDelays()
    this.#fill()
  }

  #endDelays(): void {
    this.#waiting.endDelays(this.#latestHoldMs())
  }

  #latestHoldMs(): number {
    return this.#environment.now() + longestHoldMs
  }

  #fill(): void {
    this.#cancelTimer()
    if (this.#isHeld || !this.#isOnline || this.#waiting.size === 0) return
    const nowMs = this.#environment.now()
    for (const [server, untilMs] of this.#heldUntilMs) if (untilMs <= nowMs) this.#heldUntilMs.delete(server)
    const ready = this.#waiting.becomeReady(nowMs)
    for (const id of this.#heldUntilMs.size > 0 ? ready : []) this.#delayIfHeld(id)
    for (const id of this.#readyPrioritised()) {
      this.#waiting.delete(id)
      this.#start(id, 'prioritised')
    }
    for (const size of ['large', 'small'] as const) this.#startNext(size)
    for (const id of ready) if (this.#waiting.isReady(id)) this.#hooks.postponed(id, null)
    const earliestMs = Math.min(this.#waiting.nextMs(), ...this.#heldUntilMs.values())
    if (earliestMs > nowMs && earliestMs < Infinity)
      this.#cancelTimer = this.#environment.timers.after(earliestMs - nowMs, () => this.#fill())
  }

  /** Delays an upload that is ready for as long as its server asks to wait. */
  #delayIfHeld(id: string): void {
    const untilMs = this.#serverHoldMs(id)
    if (untilMs === undefined) return
    this.#waiting.delete(id)
    this.#waiting.put(id, untilMs, true)
    this.#hooks.postponed(id, untilMs)
  }

  /** Starts what is ready. An upload whose server asks to wait leaves its place to others until then. */
  #startNext(size: Size): void {
    for (let free = this.#free(size); free > 0; free = this.#free(size)) {
      const ids = this.#waiting.take(size, free)
      if (ids.length === 0) return
      for (const id of ids) {
        const untilMs = this.#serverHoldMs(id)
        if (untilMs === undefined) this.#start(id, size)
        else this.#waiting.put(id, untilMs, true)
      }
    }
  }

  /** Until when the server of an upload asks to wait; undefined if it does not. */
  #serverHoldMs(id: string): number | undefined {
    return this.#heldUntilMs.get(this.#hooks.serverOf(id))
  }

  #free(place: Place): number {
    const limit = { prioritised: prioritisedAtOnce, small: smallAtOnce, large: this.#atOnce }[place]
    let used = 0
    for (const run of this.#runs.values()) if (run.place === place) used += 1
    return limit - used
  }

  #readyPrioritised(): string[] {
    const count = this.#free('prioritised')
    if (count === 0) return []
    const ready = [...this.#prioritised].filter(
      (id) => this.#waiting.isReady(id) && this.#serverHoldMs(id) === undefined,
    )
    return ready.sort((a, b) => this.#hooks.positionOf(a) - this.#hooks.positionOf(b)).slice(0, count)
  }

  #start(id: string, place: Place): void {
    const controller = new AbortController()
    const pause = createPauseControl()
    const stopReasons: Run['stopReasons'] = new Map()
    // The upload may be removed before it ends.
    const server = this.#hooks.serverOf(id)
    const ended = this.#hooks.run(id, { signal: controller.signal, pause }).then((outcome) => {
      run.cancelPauseLimit()
      if (pause.isRequested) this.#hooks.pausing(id, false)
      this.#runs.delete(id)
      const isRemoved = stopReasons.has('removal')
      // A run that finished despite the abort counts as finished; one that failed after it counts as stopped.
      const isStopped = outcome.kind !== 'done' && (isRemoved || controller.signal.aborted)
      const isCutShort = outcome.kind === 'aborted' && (run.wasResumed || stopReasons.size > 0)
      if ((isStopped || isCutShort) && !isRemoved) this.#waiting.put(id)
      // The server asks for it whatever stops the run.
      if (outcome.kind === 'hold')
        this.#heldUntilMs.set(server, Math.max(this.#heldUntilMs.get(server) ?? -Infinity, outcome.untilMs))
      this.#settle(id, isStopped ? abortedAfter(outcome) : outcome)
    })
    const run: Run = {
      place,
      controller,
      pause,
      ended,
      stopReasons,
      wasResumed: false,
      cancelPauseLimit: () => {},
    }
    this.#runs.set(id, run)
  }

  /** Resolves once the run has ended or the reason no longer applies. */
  async #pause(id: string, run: Run, reason: StopReason): Promise<void> {
    const { promise: withdrawn } = addStopReason(run, reason)
    if (!run.pause.isRequested) {
      run.cancelPauseLimit = this.#environment.timers.after(pauseLimitMs, () => run.controller.abort())
      this.#hooks.pausing(id, true)
      run.pause.request()
    }
    return Promise.race([run.ended, withdrawn])
  }

  /**
   * Lets a run continue unless it has to end for another reason. One that was aborted already ends, and then
   * waits to run again.
   */
  #withdraw(id: string, reason: StopReason): void {
    const run = this.#runs.get(id)
    const withdrawn = run?.stopReasons.get(reason)
    if (!run || !withdrawn) return
    run.stopReasons.delete(reason)
    if (run.stopReasons.size === 0) {
      run.wasResumed = true
      run.cancelPauseLimit()
      this.#hooks.pausing(id, false)
      run.pause.revoke()
    }
    withdrawn.resolve()
  }

  #settle(id: string, outcome: Outcome): void {
    if (outcome.kind === 'retry') this.#waiting.put(id, outcome.atMs, mustWait(outcome.failure))
    if (outcome.kind === 'hold') this.#waiting.put(id, outcome.untilMs)
    if (!this.#waiting.has(id)) this.#prioritised.delete(id)
    try {
      this.#hooks.settled(id, outcome)
    } catch (error) {
      // A bug in handling one outcome must not block all other uploads.
      this.#environment.log.error('the outcome of a run could not be handled', { id, error: String(error) })
    }
    this.#fill()
    if (this.#runs.size === 0) this.#hooks.idle()
  }
}

/** The outcome of a run that was stopped, with the failure it met on the way. */
function abortedAfter(outcome: Outcome): Outcome {
  return 'failure' in outcome ? { kind: 'aborted', failure: outcome.failure } : { kind: 'aborted' }
}

/** Adds a reason, unless the run already ends for it. */
function addStopReason({ stopReasons }: Run, reason: StopReason): PromiseWithResolvers<void> {
  const withdrawn = stopReasons.get(reason) ?? Promise.withResolvers<void>()
  stopReasons.set(reason, withdrawn)
  return withdrawn
}

function stop(run: Run, reason: StopReason): Promise<void> {
  addStopReason(run, reason)
  run.controller.abort()
  return run.ended
}
