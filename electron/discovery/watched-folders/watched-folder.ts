import type { Team } from '../../contract/account.ts'
import type { Result } from '../../contract/failures.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import type { WatchedState } from '../../contract/watched-folders.ts'
import type { CutShort } from '../../contract/discovery.ts'
import type { FolderSeen } from '../places/search-task.ts'
import type { Hints } from './change-hints.ts'
import type { KeptFile, KeptFolder, KeptFolders } from './folder-store.ts'
import { Arrivals, type Arrival } from './arrivals.ts'
import { isGone, lookAt } from './file-state.ts'
import { looksSame, type Look } from './settling.ts'
import type { WeightsOf } from './whole-model.ts'

/** How often a file that still changes is looked at, in ms. */
const stepMs = 2_000
/** The same where nothing changes, and only the rest of a model is waited for. */
const heldStepMs = 15_000
/** Looking through the whole folder finds what no hint told of; a network drive gives no hints. */
const rescanMs = 10 * 60_000
const rescanPolledMs = 60_000
/** How often a folder that is gone is looked for, in ms. */
const returnMs = 15_000

export interface WatchPorts {
  readonly kept: KeptFolders
  readonly hints: Hints
  readonly environment: Environment
  /** All models in a folder, or those that could be seen, found away from this thread. */
  readonly walk: (folder: string) => Promise<FolderSeen>
  readonly weightsOf: WeightsOf
  /** Whether the team can be sent to by anybody who is signed in. */
  readonly canSend: (accountId: string, team: Team) => boolean
  /** Nothing more is taken in once the signal aborts. */
  readonly queue: (
    paths: readonly string[],
    folder: KeptFolder,
    signal?: AbortSignal,
  ) => Promise<Result<AddReport>>
  /** Something about the folder is shown otherwise now. */
  readonly changed: () => void
}

/** One watched folder. It keeps nothing that the journal does not have: a restart begins with the same knowledge. */
export class Watched {
  folder: KeptFolder
  isPolled = false
  readonly #at: WatchPorts
  readonly #known = new Map<string, KeptFile>()
  readonly #arrivals: Arrivals
  #heldCount = 0
  #stop = new AbortController()
  #isGone = false
  /** Why the last look did not see everything. */
  #cut: CutShort | null = null
  #isLooking = true
  #work: Promise<void> | null = null
  #isClosed = false
  #cancelStep: (() => void) | null = null
  #stepInMs = stepMs
  #cancelRescan: (() => void) | null = null

  constructor(folder: KeptFolder, at: WatchPorts) {
    this.folder = folder
    this.#at = at
    this.#arrivals = new Arrivals({
      root: folder.path,
      now: at.environment.now,
      weightsOf: at.weightsOf,
      known: (path) => this.#known.get(path),
    })
    for (const file of at.kept.files(folder.id)) this.#known.set(file.path, file)
  }

  get state(): WatchedState {
    if (this.folder.isPaused) return 'paused'
    if (this.#isGone) return 'gone'
    if (!this.#at.canSend(this.folder.accountId, this.folder.team)) return 'signed-out'
    return this.#isLooking ? 'looking' : (this.#cut ?? 'watching')
  }

  get settlingCount(): number {
    return this.#arrivals.size
  }

  /** New files that have stopped changing and wait for the rest of their model. */
  get incompleteCount(): number {
    // Of the last look: what waited may have gone since, with its folder.
    return Math.min(this.#heldCount, this.#arrivals.size)
  }

  get offered(): readonly KeptFile[] {
    return [...this.#known.values()].filter(({ state }) => state === 'offered')
  }

  /** Begins, or goes on after a pause: what came meanwhile is found by looking through the folder. */
  begin(): void {
    if (this.folder.isPaused || this.#isClosed) return
    this.#stop = new AbortController()
    if (!this.isPolled) this.#at.hints.start(this.folder.id, this.folder.path)
    void this.rescan()
  }

  pause(): void {
    this.folder = { ...this.folder, isPaused: true }
    this.#rest()
    this.#arrivals.clear()
    this.#heldCount = 0
  }

  resume(): void {
    this.folder = { ...this.folder, isPaused: false }
    this.begin()
  }

  /** What comes from now on, and what waits, goes to another team. */
  giveTo(accountId: string, team: Team): void {
    this.folder = { ...this.folder, accountId, team }
    void this.step()
  }

  close(): void {
    this.#isClosed = true
    this.#rest()
  }

  #rest(): void {
    this.#stop.abort()
    this.#cancelStep?.()
    this.#cancelRescan?.()
    this.#cancelStep = this.#cancelRescan = null
    this.#at.hints.stop(this.folder.id)
  }

  /** A file may be new; it is looked at in the next step. */
  hint(path: string): void {
    if (this.#arrivals.has(path) || this.folder.isPaused) return
    void this.#consider(path)
  }

  /** Looks through the whole folder, and for the folder itself. */
  async rescan(): Promise<void> {
    if (this.#isClosed || this.folder.isPaused) return
    const seen = (await isGone(this.folder.path)) ? null : await this.#at.walk(this.folder.path)
    const isThere = seen !== null && seen.cut !== 'gone'
    if (this.#isClosed || this.folder.isPaused) return
    if (isThere && this.#isGone && !this.isPolled) this.#at.hints.start(this.folder.id, this.folder.path)
    if (!isThere && !this.#isGone) this.#at.hints.stop(this.folder.id)
    this.#isGone = !isThere
    this.#cut = seen && seen.cut !== 'gone' ? seen.cut : null
    this.#isLooking = false
    if (!isThere) this.#arrivals.clear()
    for (const model of seen?.models ?? []) this.#meet(model.path, model)
    this.#at.changed()
    this.#cancelRescan?.()
    const delayMs = this.#isGone ? returnMs : this.isPolled ? rescanPolledMs : rescanMs
    this.#cancelRescan = this.#at.environment.timers.after(delayMs, () => void this.rescan())
  }

  /** Files that are no news any more: queued, or declined. */
  settle(files: readonly (Look & { readonly path: string })[]): void {
    // Given up meanwhile: the journal knows nothing of the folder any more.
    if (this.#isClosed) return
    const known = files.map(({ path, sizeBytes, mtimeMs }): KeptFile => ({
      path,
      sizeBytes,
      mtimeMs,
      state: 'known',
    }))
    this.#at.kept.keep(this.folder.id, known)
    for (const file of known) {
      this.#known.set(file.path, file)
      this.#arrivals.forget(file.path)
    }
    this.#at.changed()
  }

  async #consider(path: string): Promise<void> {
    const look = await lookAt(path)
    if (look) this.#meet(path, look)
  }

  #meet(path: string, look: Look): void {
    // The look at a file may end after its folder was paused; begun now, it would never be looked at again.
    if (this.#isClosed || this.folder.isPaused) return
    const known = this.#known.get(path)
    if (this.#arrivals.has(path) || (known && looksSame(known, look))) return
    this.#arrivals.begin(path, look)
    this.#at.changed()
    this.#nextStep()
  }

  /** A step that is nearer stays: files that keep coming put no look off. */
  #nextStep(inMs = stepMs): void {
    if (this.#arrivals.size === 0 || this.#isClosed || this.folder.isPaused) return
    if (this.#cancelStep && this.#stepInMs <= inMs) return
    this.#cancelStep?.()
    this.#stepInMs = inMs
    this.#cancelStep = this.#at.environment.timers.after(inMs, () => {
      this.#cancelStep = null
      void this.step()
    })
  }

  /** Looks at each new file once more and queues those that have stopped changing. One look at a time. */
  step(): Promise<void> {
    this.#work ??= this.#look().finally(() => (this.#work = null))
    return this.#work
  }

  async #look(): Promise<void> {
    if (this.#isClosed || this.folder.isPaused) return
    const { ready, heldCount } = await this.#arrivals.look()
    this.#heldCount = heldCount
    if (ready.length > 0 && this.#mayQueue()) await this.#send(ready)
    if (this.#isClosed) return
    this.#at.changed()
    this.#nextStep(heldCount === this.#arrivals.size ? heldStepMs : stepMs)
  }

  #mayQueue(): boolean {
    const may: readonly WatchedState[] = ['watching', 'too-many', 'too-slow', 'unreadable']
    return !this.#isClosed && may.includes(this.state)
  }

  /** Queued first and written down then: between the two a crash costs a look, and the queue knows its own files. */
  async #send(ready: readonly Arrival[]): Promise<void> {
    const { signal } = this.#stop
    const paths = [...new Set(ready.flatMap(({ queue }) => queue))]
    const report = await this.#at.queue(paths, this.folder, signal)
    // Stopped meanwhile, part of it may not have been taken in: it is new again once somebody goes on.
    if (report.ok && !signal.aborted) this.settle(ready.flatMap(({ files }) => files))
  }
}
