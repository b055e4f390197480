import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, parse } from 'node:path'
import {
  failure,
  isFixedByChangedFile,
  type Failure,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import { isRecheckedSoon } from '../contract/uploads.ts'
import type { MountQueue } from '../discovery/scan/mounts.ts'
import { isStopped, type Rows } from '../journal/rows.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { identityOf, isUntouched, type FileIdentity } from '../platform/files/file-identity.ts'
import { parseShardName } from '../recognition/model-groups.ts'

/** Failures of a file that is still being copied. */
const incompleteFileCodes: ReadonlySet<FailureCode> = new Set([
  'file-empty',
  'file-hollow',
  'file-cut-short',
  'file-damaged-header',
  'file-not-scanned',
  'file-part-missing',
])

/** A file modified within this time may still be written to, in ms; copying rarely pauses for longer. */
const freshMs = 5_000
const recheckAfterMs = 5_000

/** How often refused files are looked at, in ms, and how many of them each time. */
const lookEveryMs = 5_000
const filesPerLook = 20
/** How long changed files wait for others that are checked with them, in ms: a check on a network share may hang. */
const maxBatchMs = 10_000

/** Entries of a folder whose sizes and times are compared when a failure depends on the files beside it. */
const maxComparedEntries = 500

/** Failures that end when other files change: the rest of the model, a download's marker, a link. */
const dependsOnOtherFiles: ReadonlySet<FailureCode> = new Set([
  'file-part-missing',
  'file-weights-apart',
  'file-downloading',
  'file-link',
])
/** Failures of a file that may be as it was before, once it can be read again. */
const endsWhenReadable: ReadonlySet<FailureCode> = new Set(['file-missing', 'file-unreadable'])

const isFresh = ({ mtimeNs }: FileIdentity, nowMs: number) =>
  Math.abs(nowMs - Number(mtimeNs / 1_000_000n)) < freshMs

/**
 * The failure to show for a file that changed since it was rejected and is rejected again: while it grows,
 * that it does.
 */
export function failureWhileWritten(seen: Failure, identity: FileIdentity, nowMs: number): Failure {
  return incompleteFileCodes.has(seen.code) && isFresh(identity, nowMs) ? failure('file-being-written') : seen
}

interface RecheckOptions {
  readonly rows: Pick<Rows, 'get' | 'ids'>
  /** Inspects files again, and queues those that are valid or adds them to the review. */
  readonly commands: {
    retry(ids: readonly string[], mustReview: (record: UploadRecord) => boolean): Promise<Result<void>>
  }
  readonly mustReview: (record: UploadRecord) => boolean
  readonly environment: Environment
  readonly mountQueue: Pick<MountQueue, 'run'>
  /** Instead of the system's, for tests. */
  readonly stat?: (path: string) => Promise<BigIntStats>
}

/**
 * Rechecks files that were modified moments before they were rejected, for as long as they grow, and after `resume`
 * also those that have changed on the disk, which it looks for every few seconds.
 */
export class Rechecks {
  readonly #options: RecheckOptions
  /** Files that are rechecked soon, whether they change or not. */
  readonly #growingIds = new Set<string>()
  readonly #runningIds = new Set<string>()
  /** Refused files that a change may fix; those that were looked at last are at the end. */
  readonly #refusedIds = new Set<string>()
  /** What a file and those beside it looked like at the last look, if its own size and times don't decide. */
  readonly #surroundings = new Map<string, string>()
  /** Files that wait to be checked, by folder. */
  readonly #idsToCheck = new Map<string, Set<string>>()
  readonly #stat: (path: string) => Promise<BigIntStats | null>
  #cancelRecheck: (() => void) | null = null
  #cancelLook: (() => void) | null = null
  #isActive = false
  #isClosed = false

  constructor(options: RecheckOptions) {
    this.#options = options
    const { stat: statOf = (path) => stat(path, { bigint: true }) } = options
    this.#stat = (path) => statOf(path).catch(() => null)
  }

  /** Schedules a recheck of those that may still be being copied, or were not inspected. */
  schedule(ids: readonly string[]): void {
    const { rows, environment } = this.#options
    this.#recheckSoon(
      ids.filter((id) => {
        const reason = this.#failureOf(id)
        const identity = rows.get(id)?.record.identity
        if (reason === null || identity === undefined) return false
        const isGrowing = incompleteFileCodes.has(reason.code) && isFresh(identity, environment.now())
        return isGrowing || isRecheckedSoon(reason)
      }),
    )
  }

  /** Rechecks files that the last process left still being written or uninspected, or that have changed since. */
  resume(): void {
    const ids = this.#options.rows.ids()
    this.#isActive = true
    this.#recheckSoon(
      ids.filter((id) => {
        const reason = this.#failureOf(id)
        return reason !== null && isRecheckedSoon(reason)
      }),
    )
    for (const id of ids) this.rowChanged(id)
    this.checkAll()
  }

  close(): void {
    this.#isActive = false
    this.#isClosed = true
    this.#cancelRecheck?.()
    this.#cancelLook?.()
  }

  /** An upload was added, removed or changed. */
  rowChanged(id: string): void {
    if (!this.#isActive) return
    if (this.#recordOf(id)) {
      this.#refusedIds.add(id)
      this.#scheduleLook()
    } else {
      this.#refusedIds.delete(id)
      this.#surroundings.delete(id)
    }
  }

  /** Looks at all refused files at once: the computer woke, or the user returns to the window. */
  checkAll(): void {
    if (this.#isActive) void this.#check([...this.#refusedIds])
  }

  #failureOf(id: string): Failure | null {
    const row = this.#options.rows.get(id)
    return row && isStopped(row) ? row.record.failure : null
  }

  /** The record of a refused file that a change may fix. */
  #recordOf(id: string): UploadRecord | null {
    const reason = this.#failureOf(id)
    const row = this.#options.rows.get(id)
    return row && reason && isFixedByChangedFile(reason) ? row.record : null
  }

  #recheckSoon(ids: readonly string[]): void {
    for (const id of ids) this.#growingIds.add(id)
    if (this.#growingIds.size === 0 || this.#isClosed) return
    this.#cancelRecheck ??= this.#options.environment.timers.after(recheckAfterMs, () => {
      this.#cancelRecheck = null
      const growing = [...this.#growingIds].filter((id) => this.#failureOf(id) !== null)
      this.#growingIds.clear()
      // Those rejected again come back through `schedule`.
      void this.#recheck(growing)
    })
  }

  async #recheck(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#runningIds.add(id)
    await this.#options.commands.retry(ids, this.#options.mustReview)
    for (const id of ids) this.#runningIds.delete(id)
  }

  #scheduleLook(): void {
    this.#cancelLook ??= this.#options.environment.timers.after(lookEveryMs, () => {
      this.#cancelLook = null
      if (this.#refusedIds.size === 0) return
      const ids = [...this.#refusedIds].slice(0, filesPerLook)
      // The others have their turn next time.
      for (const id of ids) if (this.#refusedIds.delete(id)) this.#refusedIds.add(id)
      this.#scheduleLook()
      void this.#check(ids)
    })
  }

  /** Rechecks the files of these that have changed, together unless a folder hangs. */
  async #check(ids: readonly string[]): Promise<void> {
    const changedIds: string[] = []
    const checks = this.#addToCheck(ids).map((folder) =>
      this.#options.mountQueue.run(folder, () => this.#addChanged(folder, changedIds)),
    )
    const finished = Promise.all(checks)
    const { timers } = this.#options.environment
    let isFinished = checks.length === 0
    while (this.#isActive && !isFinished) {
      isFinished = (await withTimeout(finished, timers, maxBatchMs)) !== null
      // Not awaited: inspecting files takes long, and others can be checked meanwhile.
      if (this.#isActive && changedIds.length > 0) void this.#recheck(changedIds.splice(0))
    }
  }

  /** Returns the folders of files that no earlier call will check. */
  #addToCheck(ids: readonly string[]): readonly string[] {
    const added: string[] = []
    for (const id of ids) {
      const record = this.#recordOf(id)
      if (!record || this.#growingIds.has(id) || this.#runningIds.has(id)) continue
      const folder = dirname(record.path)
      const waiting = this.#idsToCheck.get(folder)
      if (!waiting) added.push(folder)
      this.#idsToCheck.set(folder, (waiting ?? new Set()).add(id))
    }
    return added
  }

  async #addChanged(folder: string, changedIds: string[]): Promise<void> {
    const ids = this.#idsToCheck.get(folder) ?? []
    this.#idsToCheck.delete(folder)
    for (const id of ids) {
      const record = this.#isActive ? this.#recordOf(id) : null
      if (record && (await this.#isChanged(record))) changedIds.push(id)
    }
  }

  async #isChanged(record: UploadRecord): Promise<boolean> {
    const { id, path, identity, failure } = record
    const found = await this.#stat(path)
    if (!found || !failure) {
      this.#surroundings.delete(id)
      return false
    }
    const dependsOnOthers = dependsOnOtherFiles.has(failure.code)
    if (!dependsOnOthers && !endsWhenReadable.has(failure.code))
      return !isUntouched(identityOf(found), identity)
    const before = this.#surroundings.get(id)
    const beside = dependsOnOthers ? await this.#describeFolders(record) : ''
    const now = `${describeEntry(path, found)} ${found.ctimeNs}\n\n${beside}`
    this.#surroundings.set(id, now)
    return before !== now
  }

  /** A digest of all names in a file's folders, and of some sizes and times, those of its model first. */
  async #describeFolders(record: UploadRecord): Promise<string> {
    const digest = createHash('sha256')
    for (const folder of foldersOf(record)) {
      const names = (await readdir(folder).catch(() => [])).sort()
      digest.update(`${names.join('\n')}\n\n`)
      for (const name of modelNamesFirst(names, record).slice(0, maxComparedEntries))
        digest.update(`${describeEntry(name, await this.#stat(join(folder, name)))}\n`)
    }
    return digest.digest('base64')
  }
}

/**
 * The folders whose files decide about a failure. Other files of a model are beside the link by which a file was found,
 * not beside the file itself. The weights of an ONNX graph may be in a folder below it.
 */
function foldersOf({ path, failure, seen }: UploadRecord): readonly string[] {
  const folder = seen?.place ?? dirname(path)
  const missing = failure?.params.missing
  const ofMissing = typeof missing === 'string' ? join(folder, dirname(missing)) : folder
  return ofMissing === folder ? [folder] : [folder, ofMissing]
}

/** Sorts the names of a file's model, and of what it lacks, before others. */
function modelNamesFirst(names: readonly string[], record: UploadRecord): readonly string[] {
  const { fileName, failure, seen } = record
  const { shard = parseShardName(fileName), files = [] } = seen?.group ?? {}
  const stem = shard?.stem ?? parse(fileName).name
  const others = new Set([...files, String(failure?.params.missing)].map((name) => basename(name)))
  const isOfModel = (name: string) => name.startsWith(stem) || others.has(name)
  return [...names.filter(isOfModel), ...names.filter((name) => !isOfModel(name))]
}

const describeEntry = (name: string, entry: BigIntStats | null) =>
  `${name} ${entry?.size ?? ''} ${entry?.mtimeNs ?? ''}`
