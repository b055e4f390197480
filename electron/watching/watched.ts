import { access, open, stat } from 'node:fs/promises'
import type { Team } from '../contract/account.ts'
import type { Result } from '../contract/errors.ts'
import type { AddReport } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'
import type { WatchedState } from '../contract/watching.ts'
import { downloadSuffixes } from '../models/file-names.ts'
import type { LocalModel } from '../models/model-walk.ts'
import type { Hints } from './hints.ts'
import type { KeptFile, KeptFolder, KeptFolders } from './kept-folders.ts'
import { afterLook, looksSame, type Look, type Settling } from './settling.ts'

/** How often a file that still changes is looked at, in ms. */
const stepMs = 2_000
/** Looking through the whole folder finds what no hint told of; a network drive gives no hints. */
const rescanMs = 10 * 60_000
const rescanPolledMs = 60_000
/** How often a folder that is gone is looked for, in ms. */
const returnMs = 15_000

export interface WatchPorts {
  readonly kept: KeptFolders
  readonly hints: Hints
  readonly ports: Ports
  /** All models in a folder, found away from this thread; null when they could not all be seen. */
  readonly walk: (folder: string) => Promise<readonly LocalModel[] | null>
  /** Whether the team can be sent to by anybody who is signed in. */
  readonly canSend: (accountId: string, team: Team) => boolean
  readonly queue: (paths: readonly string[], folder: KeptFolder) => Promise<Result<AddReport>>
  /** Something about the folder is shown otherwise now. */
  readonly changed: () => void
}

/** One watched folder. It keeps nothing that the journal does not have: a restart begins with the same knowledge. */
export class Watched {
  folder: KeptFolder
  isPolled = false
  readonly #at: WatchPorts
  readonly #known = new Map<string, KeptFile>()
  readonly #settling = new Map<string, Settling>()
  #isGone = false
  #isLooking = true
  #work: Promise<void> | null = null
  #isClosed = false
  #cancelStep: (() => void) | null = null
  #cancelRescan: (() => void) | null = null

  constructor(folder: KeptFolder, at: WatchPorts) {
    this.folder = folder
    this.#at = at
    for (const file of at.kept.files(folder.id)) this.#known.set(file.path, file)
  }

  get state(): WatchedState {
    if (this.folder.isPaused) return 'paused'
    if (this.#isGone) return 'gone'
    if (!this.#at.canSend(this.folder.accountId, this.folder.team)) return 'signed-out'
    return this.#isLooking ? 'looking' : 'watching'
  }

  get settlingCount(): number {
    return this.#settling.size
  }

  get offered(): readonly KeptFile[] {
    return [...this.#known.values()].filter(({ state }) => state === 'offered')
  }

  /** Begins, or goes on after a pause: what came meanwhile is found by looking through the folder. */
  begin(): void {
    if (this.folder.isPaused || this.#isClosed) return
    if (!this.isPolled) this.#at.hints.start(this.folder.id, this.folder.path)
    void this.rescan()
  }

  pause(): void {
    this.folder = { ...this.folder, isPaused: true }
    this.#rest()
    this.#settling.clear()
  }

  resume(): void {
    this.folder = { ...this.folder, isPaused: false }
    this.begin()
  }

  close(): void {
    this.#isClosed = true
    this.#rest()
  }

  #rest(): void {
    this.#cancelStep?.()
    this.#cancelRescan?.()
    this.#cancelStep = this.#cancelRescan = null
    this.#at.hints.stop(this.folder.id)
  }

  /** A file may be new; it is looked at in the next step. */
  hint(path: string): void {
    if (this.#settling.has(path) || this.folder.isPaused) return
    void this.#consider(path)
  }

  /** Looks through the whole folder, and for the folder itself. */
  async rescan(): Promise<void> {
    if (this.#isClosed || this.folder.isPaused) return
    const isThere = await isFolder(this.folder.path)
    const models = isThere ? await this.#at.walk(this.folder.path) : null
    if (this.#isClosed || this.folder.isPaused) return
    if (isThere && this.#isGone && !this.isPolled) this.#at.hints.start(this.folder.id, this.folder.path)
    if (!isThere && !this.#isGone) this.#at.hints.stop(this.folder.id)
    this.#isGone = !isThere
    this.#isLooking = false
    if (!isThere) this.#settling.clear()
    for (const model of models ?? []) this.#meet(model.path, model)
    this.#at.changed()
    this.#cancelRescan?.()
    const delayMs = this.#isGone ? returnMs : this.isPolled ? rescanPolledMs : rescanMs
    this.#cancelRescan = this.#at.ports.timers.after(delayMs, () => void this.rescan())
  }

  /** Files that are no news any more: queued, or declined. */
  settle(files: readonly (Look & { readonly path: string })[]): void {
    const known = files.map(({ path, sizeBytes, mtimeMs }): KeptFile => ({
      path,
      sizeBytes,
      mtimeMs,
      state: 'known',
    }))
    this.#at.kept.keep(this.folder.id, known)
    for (const file of known) {
      this.#known.set(file.path, file)
      this.#settling.delete(file.path)
    }
    this.#at.changed()
  }

  async #consider(path: string): Promise<void> {
    const look = await lookAt(path)
    if (look) this.#meet(path, look)
  }

  #meet(path: string, look: Look): void {
    const known = this.#known.get(path)
    if (this.#isClosed || this.#settling.has(path) || (known && looksSame(known, look))) return
    this.#settling.set(path, {
      sizeBytes: look.sizeBytes,
      mtimeMs: look.mtimeMs,
      sinceMs: this.#at.ports.now(),
    })
    this.#at.changed()
    this.#nextStep()
  }

  #nextStep(): void {
    if (this.#cancelStep || this.#settling.size === 0 || this.#isClosed) return
    this.#cancelStep = this.#at.ports.timers.after(stepMs, () => {
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
    const still: (Look & { readonly path: string })[] = []
    for (const [path, before] of this.#settling) {
      const look = await lookAt(path)
      if (!look) {
        this.#settling.delete(path)
        continue
      }
      const { settling, isStill } = afterLook(before, look, this.#at.ports.now())
      this.#settling.set(path, settling)
      if (isStill && (await isWhole(path))) still.push({ path, ...look })
    }
    if (still.length > 0 && this.state === 'watching') await this.#send(still)
    this.#at.changed()
    this.#nextStep()
  }

  /** Queued first and written down then: between the two a crash costs a look, and the queue knows its own files. */
  async #send(files: readonly (Look & { readonly path: string })[]): Promise<void> {
    const report = await this.#at.queue(
      files.map(({ path }) => path),
      this.folder,
    )
    if (report.ok) this.settle(files)
  }
}

async function lookAt(path: string): Promise<Look | null> {
  try {
    const facts = await stat(path)
    return facts.isFile() ? { sizeBytes: facts.size, mtimeMs: facts.mtimeMs } : null
  } catch {
    return null
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** Nobody holds it locked, and no download manager has left its mark beside it. */
async function isWhole(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
  } catch {
    return false
  }
  const marks = await Promise.all(
    downloadSuffixes.map((suffix) =>
      access(path + suffix).then(
        () => true,
        () => false,
      ),
    ),
  )
  return !marks.includes(true)
}
