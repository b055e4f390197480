import { changeByDecision, waitsForDecision, type Decision } from '../conflicts/decision.ts'
import {
  failed,
  failure,
  remedyOf,
  success,
  type Failure,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import { hasPlaceInQueue, targetFailure, type Target } from '../contract/uploads.ts'
import { editTargets, type TargetEdit } from '../intake/edit-targets.ts'
import { fileWithBoundary, isAboutFile, mustInspect, resultOfInspection } from '../intake/inspect-again.ts'
import type { UndoHistory } from '../intake/undo-history.ts'
import { reset, resetAfter, withoutDisplacedPath } from '../journal/reset.ts'
import { isStopped, type Row, type Rows } from '../journal/rows.ts'
import { isApprovable, modelIdOf, type RecordChange, type UploadRecord } from '../journal/upload-record.ts'
import { isRunning, storedPhase } from '../journal/upload-phase.ts'
import type { Queue } from '../queue/queue.ts'
import { positionsAfterMove, positionStep } from '../queue/queue-order.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'

interface CommandOptions {
  readonly rows: Rows
  readonly queue: Queue
  readonly inspect: (file: FileToInspect) => Promise<Inspection>
  /** Drops what is kept in memory of an upload. */
  readonly forget: (id: string) => void
  /** Storage or the library may hold something that no upload needs any more. */
  readonly onAbandoned: () => void
  readonly onTypesEdited: (records: readonly UploadRecord[]) => void
  readonly undo: UndoHistory
  /** The record of an upload, shown or not. */
  readonly find: (id: string) => UploadRecord | null
  /** Files that were inspected again and are still rejected. */
  readonly rejected: (ids: readonly string[]) => void
  readonly now: () => number
  /** Aborts when the app ends: inspections that end with it say nothing about their files. */
  readonly stopping: AbortSignal
}

/**
 * What a user can do to uploads. Unknown ids, and uploads in a state that a command does not apply to, are
 * skipped.
 */
export class UploadCommands {
  readonly #options: CommandOptions
  readonly #rows: Rows
  readonly #queue: Queue

  constructor(options: CommandOptions) {
    this.#options = options
    this.#rows = options.rows
    this.#queue = options.queue
  }

  /** Resolves once running uploads have finished what takes a few seconds, or were resumed. */
  async pause(ids: readonly string[]): Promise<Result<void>> {
    const { running } = this.#queue
    const rows = this.#known(ids).filter(
      ({ record, live }) => running.has(record.id) && isRunning(live.phase),
    )
    const pausing = new Set(rows.map(({ record }) => record.id))
    // Written first, so that the pause also holds if this process ends in the meantime.
    const written = this.#rows.changeAll([...pausing], { phase: 'paused' })
    // The end of each run pauses its row.
    const ending = written.ok ? this.#queue.pause([...pausing]) : Promise.resolve()
    const others = ids.filter((id) => !pausing.has(id))
    const stopped = await this.#stop(others, (row) => {
      if (isWaiting(row)) this.#rows.applyEvent(row.record.id, 'pause', { failure: null })
    })
    await ending
    return written.ok ? stopped : written
  }

  /** Stops uploads that are being paused at once, all unless some are named. */
  stopPausing(ids: readonly string[] | null): void {
    this.#queue.stopPausing(ids ?? undefined)
  }

  resume(ids: readonly string[]): Result<void> {
    return this.#rows.changeInGroups(this.#known(ids), (row) => {
      if (row.live.phase === 'paused') this.#requeue(row)
      else if (isPausing(row)) this.#continueRun(row)
    })
  }

  /** Continues a run that is being paused. */
  #continueRun({ record }: Row): Result<void> {
    const written = this.#rows.change(record.id, { phase: 'waiting' })
    if (written.ok) this.#queue.resume([record.id])
    return written
  }

  /**
   * Queues failed uploads again; where the file was the reason, it is inspected again first.
   * @param mustReview whether a file that the user has not seen as it is now is reviewed before it is sent
   */
  async retry(ids: readonly string[], mustReview?: MustReview): Promise<Result<void>> {
    const rows = this.#known(ids)
    const written = this.#rows.changeInGroups(
      rows.filter((row) => !mustInspect(row)),
      (row) => this.#retryUninspected(row),
    )
    if (!written.ok) return written
    for (const row of rows.filter(mustInspect)) {
      const done = await this.#retryOne(row, mustReview)
      if (!done.ok) return done
    }
    return success(undefined)
  }

  /**
   * Uploads files although they can run code when loaded; those in review stay there with their finding. Returns whether
   * any was waiting for that.
   */
  allow(ids: readonly string[]): Result<boolean> {
    const asked = this.#known(ids).filter(
      (row) => isStopped(row) && row.record.failure && remedyOf(row.record.failure) === 'allow',
    )
    const written = this.#rows.changeInGroups(asked, (row) =>
      this.#requeue(row, { allowed: true, ...findingOf(row) }),
    )
    return written.ok ? success(asked.length > 0) : written
  }

  /** Takes back that files in review may be uploaded although they can run code. */
  disallow(ids: readonly string[]): Result<void> {
    const inReview = this.#known(ids).filter(({ live }) => live.phase === 'review')
    return this.#rows.changeInGroups(inReview, ({ record }) =>
      this.#rows.change(record.id, { allowed: false }),
    )
  }

  /** Queues an upload in review that can be approved; returns whether it was. */
  approve(id: string): Result<boolean> {
    const row = this.#rows.get(id)
    if (row?.live.phase !== 'review' || !isApprovable(row.record)) return success(false)
    const written = this.#rows.applyEvent(id, 'approve', { failure: null })
    if (written.ok) this.#queue.add([id])
    return written.ok ? success(true) : written
  }

  /**
   * Continues an upload that is paused, failed or not requested, unless the signal aborts before. Returns whether it was,
   * and is not stopped any more: its file may still be broken.
   */
  async continueUpload(id: string, signal?: AbortSignal): Promise<Result<boolean>> {
    const row = this.#rows.get(id)
    if (row && isPausing(row)) {
      const continued = this.#continueRun(row)
      return continued.ok ? success(true) : continued
    }
    if (row && !row.live.isRequested) {
      const wasWaiting = row.live.phase === 'waiting'
      this.#rows.request(id)
      // It may run at once.
      this.#queueWaiting([id])
      if (wasWaiting) return success(true)
    }
    if (!row || (row.live.phase !== 'paused' && !isStopped(row))) return success(false)
    const done =
      row.live.phase === 'paused' ? this.#requeue(row) : await this.#retryOne(row, undefined, signal)
    if (!done.ok) return done
    const now = this.#rows.get(id)
    return success(now !== undefined && !isStopped(now))
  }

  /** Removes uploads. `not-registered-yet`: some stay, whose models the server may be adding to the library. */
  async cancel(requestedIds: readonly string[]): Promise<Result<void>> {
    const unanswered = await this.#stopForRemoval(requestedIds)
    const ids = requestedIds.filter((id) => !unanswered.has(id))
    const open = this.#known(ids).filter(({ record }) => record.phase !== 'registered')
    const hasModel = ({ record }: Row) => modelIdOf(record.state) !== null
    // Its model is in the library already: only what was still to be done about a replaced model is dropped.
    for (const row of open.filter(hasModel)) {
      const { replaces: _dropped, ...library } = row.record.library ?? {}
      const written = this.#finish(row, { library })
      if (!written.ok) {
        this.#queueWaiting(ids)
        return written
      }
    }
    const records = open.filter((row) => !hasModel(row)).map(({ record }) => record)
    const unregistered = records.map(({ id }) => id)
    const removed = this.#rows.remove(unregistered)
    const gone = records.filter(({ id }) => !this.#rows.has(id))
    // The others may still need what is only in memory, for example that they are registered.
    for (const { id } of gone) this.#options.forget(id)
    this.#options.undo.rememberRemoved(gone)
    // What could not be removed must not be left out of the queue.
    if (!removed.ok) this.#queueWaiting(unregistered)
    this.#options.onAbandoned()
    return removed.ok && unanswered.size > 0
      ? failed(failure('not-registered-yet', { count: unanswered.size }))
      : removed
  }

  /**
   * Stops uploads, but first waits for those that are being registered: the server may have received the request, and
   * its model would be in the library without an upload. Returns those that have not ended in time, which continue.
   */
  async #stopForRemoval(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const registering = ids.filter((id) => this.#isRegistering(id))
    if (registering.length > 0) {
      const others = ids.filter((id) => !registering.includes(id))
      await Promise.all([this.#queue.ended(registering), this.#queue.remove(others)])
    }
    const unanswered = new Set(registering.filter((id) => this.#isRegistering(id)))
    const stopped = ids.filter((id) => !unanswered.has(id))
    while (this.#isQueued(stopped)) await this.#queue.remove(stopped)
    return unanswered
  }

  /** Whether the server may have received the request that adds its model to the library. */
  #isRegistering(id: string): boolean {
    const row = this.#rows.get(id)
    return row?.live.phase === 'registering' && modelIdOf(row.record.state) === null
  }

  /** Restores uploads that were removed in this session before anything was sent; returns their ids. */
  undoRemove(ids: readonly string[]): Result<readonly string[]> {
    const { undo } = this.#options
    const records = undo.findRemoved(ids).filter(({ id }) => !this.#rows.has(id))
    const written = this.#rows.add(records)
    if (!written.ok) return written
    const restored = records.map(({ id }) => id)
    undo.forgetRemoved(restored)
    this.#queueWaiting(restored)
    return success(restored)
  }

  /**
   * Removes the uploads of a drop that are not registered, or returns those of an approval to the review, and
   * discards what storage holds of them; returns the ids.
   */
  async undoAdd(drop: string): Promise<Result<readonly string[]>> {
    const { ids, isApproval } = this.#options.undo.findDrop(drop)
    const isOpen = (id: string) => {
      const row = this.#rows.get(id)
      return row !== undefined && modelIdOf(row.record.state) === null && !this.#isRegistering(id)
    }
    const stopped = ids.filter(isOpen)
    while (this.#isQueued(stopped)) await this.#queue.remove(stopped)
    // Some may have been registered until their runs ended.
    this.#queueWaiting(stopped.filter((id) => !isOpen(id)))
    const open = stopped.filter(isOpen)
    if (open.length === 0 && ids.some((id) => this.#rows.has(id))) return failed(failure('undo-too-late'))
    const undone = isApproval ? this.#returnToReview(open) : await this.cancel(open)
    return undone.ok ? success(open) : undone
  }

  /**
   * Returns uploads that are not in the queue to the review, and discards what storage holds of them. A file that
   * has changed may be there already.
   */
  #returnToReview(ids: readonly string[]): Result<void> {
    const approved = this.#known(ids).filter(({ live }) => live.phase !== 'review')
    const events = approved.map(({ record }) => {
      const failure = isAboutFile(record) ? record.failure : null
      const change = { ...reset(record), ...withoutDisplacedPath(record), failure }
      return { id: record.id, event: 'review', change } as const
    })
    const written = this.#rows.applyEvents(events)
    if (written.ok) for (const id of ids) this.#options.forget(id)
    else this.#queueWaiting(ids)
    this.#options.onAbandoned()
    return written
  }

  moveToTop(ids: readonly string[]): Result<void> {
    const rows = this.#rows
    const top = rows.ids().reduce((least, id) => Math.min(least, rows.get(id)?.record.position ?? 0), 0)
    const written = rows.inTransaction(() => {
      for (const [index, { record }] of this.#known(ids).entries()) {
        rows.change(record.id, { position: top - (ids.length - index) * positionStep })
      }
    })
    if (written.ok) this.#queue.prioritise(ids)
    else this.#queue.reorder([])
    return written
  }

  /**
   * Moves uploads that wait, in this order, directly before another one, or to the end of the queue if
   * `before` is null or gone. Those in progress, in review and registered keep their places.
   */
  moveUploads(ids: readonly string[], before: string | null): Result<void> {
    const rows = this.#rows
    const moved = this.#known([...new Set(ids)]).filter(({ live }) => hasPlaceInQueue(live.phase))
    const movedIds = moved.map(({ record }) => record.id)
    const queue = this.#known(rows.ids())
      .map(({ record }) => record)
      .filter(({ phase }) => phase !== 'registered')
      .sort((one, other) => one.position - other.position || one.addedAtMs - other.addedAtMs)
    const positions = positionsAfterMove(queue, movedIds, before)
    const written = rows.inTransaction(() => {
      for (const [id, position] of positions) rows.change(id, { position })
    })
    // Also if they could not be written: they are shown.
    this.#queue.reorder(movedIds)
    return written
  }

  editTarget(id: string, change: Partial<Target>): Result<void> {
    const row = this.#rows.get(id)
    if (!row) return failed(failure('not-found'))
    const edited = this.editTargets([{ id, target: { ...row.record.target, ...change } }])
    if (!edited.ok) return edited
    return edited.value.length > 0 ? success(undefined) : failed(failure('already-begun'))
  }

  /**
   * New targets for many uploads, all or none. Returns the ids of those that had not begun and have theirs
   * now.
   */
  editTargets(changes: readonly TargetEdit[]): Result<readonly string[]> {
    return editTargets(changes, {
      rows: this.#rows,
      requeue: (row) => this.#requeue(row),
      onAbandoned: this.#options.onAbandoned,
      onTypesEdited: this.#options.onTypesEdited,
    })
  }

  /**
   * Records a decision about path conflicts and queues the uploads; the next conflict check carries it out.
   * Uploads that wait for no decision are skipped.
   */
  async decide(decision: Decision): Promise<Result<void>> {
    const waiting = this.#known(decision.ids).filter((row) => waitsForDecision(row, decision))
    const ids = waiting.map(({ record }) => record.id)
    if (decision.choice === 'skip') return this.cancel(ids)
    const changes = waiting.map((row) => ({ row, change: changeByDecision(row, decision) }))
    for (const { change } of changes) {
      const wrong = change.target && targetFailure(change.target)
      if (wrong) return failed(wrong)
    }
    const written = this.#rows.changeInGroups(changes, ({ row, change }) =>
      this.#resume(row, { failure: null, ...change }),
    )
    // Even if some could not be written, others wait now.
    this.#queueWaiting(ids)
    return written
  }

  /** Stops the uploads of an account; they wait until it signs in again. */
  async suspendAccount(accountId: string): Promise<void> {
    const ids = this.#rows.ids().filter((id) => {
      const row = this.#rows.get(id)
      return row?.record.accountId === accountId && storedPhase(row.live.phase) === 'waiting'
    })
    await this.#stop(ids, (row) => {
      if (isWaiting(row)) this.#rows.applyEvent(row.record.id, 'refuse', { failure: failure('signed-out') })
    })
  }

  /**
   * Refuses waiting uploads of an account that can't be used any more, unless another sign-in can send them. Starting
   * each one to find that out would take a second per few hundred, in which the window doesn't respond.
   */
  refuseWaiting(accountId: string, hasAccount: (record: UploadRecord) => boolean): void {
    const refused = this.#requested().filter(
      (row) => isWaiting(row) && row.record.accountId === accountId && !hasAccount(row.record),
    )
    const ids = refused.map(({ record }) => record.id)
    // None of them runs, so nothing is awaited and none of them starts.
    void this.#queue.remove(ids)
    const written = this.#rows.changeInGroups(refused, ({ record }) =>
      this.#rows.applyEvent(record.id, 'refuse', { failure: failure('signed-out') }),
    )
    if (!written.ok) this.#queueWaiting(ids)
  }

  /** Queues uploads that were waiting for a sign-in and have one now. */
  resumeWaiting(hasAccount: (record: UploadRecord) => boolean): void {
    this.#requeueFailed((reason, record) => remedyOf(reason) === 'sign-in' && hasAccount(record))
  }

  /** Queues uploads that failed with one of these codes, because the cause is gone. */
  resumeAfter(...codes: readonly FailureCode[]): void {
    this.#requeueFailed(({ code }) => codes.includes(code))
  }

  #requeueFailed(matches: (reason: Failure, record: UploadRecord) => boolean): void {
    const failedRows = this.#requested().filter(
      ({ record, live }) => live.phase === 'failed' && record.failure && matches(record.failure, record),
    )
    this.#rows.changeInGroups(failedRows, (row) => this.#requeue(row))
  }

  #known(ids: readonly string[]): Row[] {
    return ids.flatMap((id) => this.#rows.get(id) ?? [])
  }

  #requested(): Row[] {
    return this.#known(this.#rows.ids()).filter(({ live }) => live.isRequested)
  }

  #isQueued(ids: readonly string[]): boolean {
    return ids.some((id) => this.#queue.has(id))
  }

  async #stop(ids: readonly string[], change: (row: Row) => void): Promise<Result<void>> {
    // A missing volume may return and queue some of them while others still stop. Without an upload to stop,
    // nothing is awaited, so that no other event comes in between.
    while (this.#isQueued(ids)) await this.#queue.remove(ids)
    const written = this.#rows.changeInGroups(this.#known(ids), change)
    // What could not be written has not changed and must not be left out of the queue.
    if (!written.ok) this.#queueWaiting(ids)
    return written
  }

  /** Adds those of the uploads to the queue that wait: the others are paused, failed or in review. */
  #queueWaiting(ids: readonly string[]): void {
    const waiting = this.#known(ids).filter((row) => row.live.isRequested && isWaiting(row))
    this.#queue.add(waiting.map(({ record }) => record.id))
  }

  /** Queues an upload again; one in review stays there without its failure. */
  #requeue(row: Row, change: RecordChange = {}): Result<void> {
    const written = this.#resume(row, { failure: null, ...change })
    if (written.ok && row.live.phase !== 'review') this.#queue.add([row.record.id])
    return written
  }

  #resume(row: Row, change: RecordChange): Result<void> {
    const { id } = row.record
    return row.live.phase === 'review'
      ? this.#rows.change(id, change)
      : this.#rows.applyEvent(id, 'resume', change)
  }

  /** Queues an upload for its last steps; one that waits already only gets the change. */
  #finish(row: Row, change: RecordChange): Result<void> {
    if (row.live.phase !== 'waiting') return this.#requeue(row, change)
    const written = this.#rows.change(row.record.id, { failure: null, ...change })
    if (written.ok) this.#queue.add([row.record.id])
    return written
  }

  async #retryOne(
    row: Row,
    mustReview: MustReview = () => false,
    signal?: AbortSignal,
  ): Promise<Result<void>> {
    if (!mustInspect(row)) return this.#retryUninspected(row)
    const inspection = await this.#options.inspect(await fileWithBoundary(row.record))
    const now = this.#rows.get(row.record.id)
    const isAborted = signal?.aborted === true || this.#options.stopping.aborted
    return now && isStopped(now) && !isAborted
      ? this.#retryInspected(now, inspection, mustReview)
      : success(undefined)
  }

  #retryUninspected(row: Row): Result<void> {
    const { id, failure: before } = row.record
    if (isStopped(row)) return this.#requeue(row, resetAfter(row.record, before))
    // A server's request to wait stays in force.
    if (row.live.phase !== 'retrying' || before?.code === 'rate-limited') return success(undefined)
    const written = this.#resume(row, { failure: null })
    if (written.ok) this.#queue.retryNow([id])
    return written
  }

  #retryInspected(row: Row, inspection: Inspection, mustReview: MustReview): Result<void> {
    const { id } = row.record
    const { isOtherFile, isAccepted, isNew, change } = resultOfInspection(
      row,
      inspection,
      this.#options.now(),
    )
    // What was sent of other bytes is not part of this file.
    if (isOtherFile) this.#options.forget(id)
    if (!isAccepted) {
      const written = this.#rows.change(id, change)
      this.#options.rejected([id])
      return written
    }
    const isReviewed =
      isNew && row.live.phase === 'failed' && mustReview({ ...row.record, ...change, failure: null })
    const written = isReviewed
      ? this.#rows.applyEvent(id, 'review', { ...change, failure: null })
      : this.#requeue(row, { ...change, ...findingOf(row, inspection.failure) })
    this.#options.onAbandoned()
    return written
  }
}

/** What the user has accepted about a file in review, which may still be taken back. */
const findingOf = ({ live, record }: Row, found = record.failure): RecordChange =>
  live.phase === 'review' ? { failure: found } : {}

/** Whether a file is reviewed before it is sent. */
type MustReview = (record: UploadRecord) => boolean

const isWaiting = ({ live }: Row) => live.phase === 'waiting' || live.phase === 'retrying'
/** The user has paused it, but its run finishes some parts. */
const isPausing = ({ live, record }: Row) => record.phase === 'paused' && isRunning(live.phase)
