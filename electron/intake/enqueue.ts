import { randomUUID } from 'node:crypto'
import { dirname, join, relative, sep } from 'node:path'
import type { Accounts } from '../accounts/accounts.ts'
import type { Team, TeamChoice } from '../contract/account.ts'
import { failed, failure, success, type FailureCode, type Result } from '../contract/failures.ts'
import { cleanLibraryPath } from '../contract/library-path.ts'
import type { OnConflict } from '../contract/library.ts'
import type { UploadProposal } from '../contract/review.ts'
import type { AddReport, ReadingView, SkippedFile, Target } from '../contract/uploads.ts'
import type { FileWithTarget } from '../discovery/places/file-with-target.ts'
import { collectFiles, type CollectedFiles } from '../discovery/scan/collect-files.ts'
import type { Rows } from '../journal/rows.ts'
import { isUndecided, undecidedTeam, type UploadRecord } from '../journal/upload-record.ts'
import { isAborted } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import type { Queue } from '../queue/queue.ts'
import { positionStep } from '../queue/queue-order.ts'
import type { FoundFile, Inspection } from '../recognition/found-file.ts'
import { uploadKey } from '../recognition/model-groups.ts'
import type { TypeCorrections } from './type-corrections.ts'
import { continueUploads, queuedFiles, type ContinueCommands } from './continue-uploads.ts'
import { createRecord, type RecordRequest } from './new-record.ts'
import { isReviewNeeded, needForReview, type ReviewMode, type ReviewNeed } from './review/needs-review.ts'
import type { ReviewPolicy } from './review/upload-policy.ts'
import type { Review } from './review/review.ts'
import type { TeamForFiles } from './waiting-files.ts'

export interface EnqueueRequest extends RecordRequest {
  /** Instead of the chosen team. Files for an undecided one are always reviewed. */
  readonly team?: TeamForFiles
  /** Whether the files are reviewed before they are queued; by the settings unless given. */
  readonly review?: ReviewMode
  /** Instead of the setting. */
  readonly reviewSetting?: ReviewPolicy['review']
  /** The review that the files are added to. Without it they get their own if they are reviewed. */
  readonly joinedReview?: string
  /** The watched or searched folder that a path is in; else the user has added the path itself. */
  readonly addedFolderOf?: (path: string) => string
  /**
   * Called with the files that would be added, before anything is recorded or continued; returns the failures that
   * the user accepts, or null to do nothing. Takes the place of the review in the window.
   */
  readonly approve?: (proposal: UploadProposal) => Promise<ReadonlySet<FailureCode> | null>
  /** Called with the uploads of the files once the queue has them: those that it had before are `queued` already. */
  readonly onUploads?: (ids: readonly string[], how: 'added' | 'continued' | 'queued') => void
  /** Nothing is recorded after it aborts. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: ReadingView) => void
}

interface Proposed {
  readonly proposal: UploadProposal
  readonly records: ReadonlyMap<FoundFile, UploadRecord>
}

/** The result of adding found files. */
interface AddedFiles {
  readonly records: readonly UploadRecord[]
  readonly continuedCount: number
  /** The number of uploads of the queue whose files were inspected again and are still refused. */
  readonly stillRefusedCount: number
  /** Names of files that the queue had already. */
  readonly queuedNames: readonly string[]
}

interface IntakeServices {
  readonly rows: Rows
  readonly queue: Queue
  readonly accounts: Pick<Accounts, 'list'>
  readonly commands: ContinueCommands
  /** Resolves when the unfinished uploads of the journal are among the rows. */
  readonly queueRestored: () => Promise<void>
  readonly environment: Environment
  readonly inspect: (file: FoundFile) => Promise<Inspection>
  /** The account and team for new files: the one given, else the chosen one; null when there is none. */
  readonly resolveTeam: (
    team: TeamChoice | null,
  ) => { readonly accountId: string; readonly team: Team } | null
  readonly onConflict: () => OnConflict
  /** Returns a function that finds the type that the user gave to similar files, or null. */
  readonly typeOffers: TypeCorrections['offers']
  readonly reviewPolicy: () => ReviewPolicy
  readonly review: Pick<Review, 'findGroups' | 'inspecting' | 'loadLibrary'>
  /** Files are about to be inspected and sent: threads may start. */
  readonly warmUp: () => void
  /** A batch was recorded. */
  readonly batchEnqueued: (ids: readonly string[]) => void
  /** All files of a request were recorded. */
  readonly enqueued: (ids: readonly string[]) => void
  /** Remembers the new rows of a request; returns the id of the drop. */
  readonly rememberDrop: (ids: readonly string[]) => string
}

/**
 * Files recorded in one transaction: one disk flush for many, and the first rows show while the others are
 * inspected.
 */
const batchSize = 100

/** The one way into the queue: scan, inspect, record, enqueue. */
export class Intake {
  readonly #services: IntakeServices
  readonly #recording = new Set<Promise<unknown>>()
  /** Files that a request is adding (see `fileKey`), with its end: they have no rows yet. */
  readonly #beingAdded = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  /** The requests whose files are being inspected for a review. */
  readonly #reviewed = new Set<Order>()

  constructor(services: IntakeServices) {
    this.#services = services
  }

  /**
   * Enqueues files and folders, or adds them to the review. A rejected file becomes a row as well, with its
   * failure, so that the user sees what happened to it. A file that the queue already has for this user and
   * team is continued instead of being added twice.
   */
  enqueue(paths: readonly string[], request: EnqueueRequest = {}): Promise<Result<AddReport>> {
    const collect = () => this.#collect(paths, request)
    return this.#enqueueFor(request, collect)
  }

  /** The same for files that were found before. */
  enqueueFound(found: CollectedFiles, request: EnqueueRequest): Promise<Result<AddReport>> {
    return this.#enqueueFor(request, async () => found)
  }

  /** Null if the scan was cancelled. */
  async #collect(
    paths: readonly string[],
    { addedFolderOf, signal: requested, onProgress }: EnqueueRequest,
  ): Promise<CollectedFiles | null> {
    const { signal: closing } = this.#closing
    const signal = requested ? AbortSignal.any([requested, closing]) : closing
    try {
      const onFound = (foundCount: number) => onProgress?.({ foundCount, checkedCount: null })
      return await collectFiles(paths, { addedFolderOf, signal, onFound })
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }

  async #enqueueFor(
    request: EnqueueRequest,
    collect: () => Promise<CollectedFiles | null>,
  ): Promise<Result<AddReport>> {
    // Before the files are scanned: the user may choose another team meanwhile.
    const order = this.#orderFor(request)
    if (!order) return failed(failure('no-team'))
    // The engine may have been stopped while a file call hung: threads would not be ended any more.
    if (order.signal.aborted) return success(emptyReport)
    this.#services.warmUp()
    const found = await collect()
    await raceAbort(this.#services.queueRestored(), order.signal)
    if (found === null || order.signal.aborted || this.#closing.signal.aborted) return success(emptyReport)
    const recording = this.#enqueueFiles(found, order)
    this.#recording.add(recording)
    return recording.finally(() => this.#recording.delete(recording))
  }

  /** Cancels scans, and resolves once the files that were found before are recorded. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#recording)
  }

  /**
   * Ends the requests whose files are still being inspected for a review: no more of their files are added. Those
   * in the review stay.
   */
  discardReviewed(review: string): void {
    for (const { discarding, reviewId } of this.#reviewed) if (reviewId === review) discarding.abort()
  }

  #orderFor({ team, ...request }: EnqueueRequest): Order | null {
    const chosen = team?.isUndecided
      ? { accountId: team.accountId, team: undecidedTeam }
      : this.#services.resolveTeam(team ?? null)
    const discarding = new AbortController()
    const signals = request.signal ? [request.signal, discarding.signal] : [discarding.signal]
    const signal = AbortSignal.any(signals)
    const reviewId = request.joinedReview ?? randomUUID()
    return (
      chosen && {
        ...chosen,
        onConflict: this.#services.onConflict(),
        ...request,
        reviewId,
        signal,
        discarding,
      }
    )
  }

  async #enqueueFiles(
    { files, skipped, emptyFolder }: CollectedFiles,
    order: Order,
  ): Promise<Result<AddReport>> {
    const proposal = order.approve ? await this.#propose(files, skipped, order) : null
    // A command that is asked can't answer any more once the engine is stopped.
    const asked = proposal && order.approve?.(proposal.proposal)
    const answer = asked ? await raceAbort(asked, this.#closing.signal) : null
    const accepted = answer && !isAborted(answer) ? answer : null
    if (proposal && !accepted) return success({ ...emptyReport, skipped })
    const proposed = proposal && accepted ? acceptAll(proposal, accepted) : null
    if (order.signal.aborted) return success({ ...emptyReport, skipped })
    const added = await this.#addAll(files, order, proposed)
    if (!added.ok) return added
    const { records, continuedCount, stillRefusedCount, queuedNames } = added.value
    const newlyRefused = records.filter(({ failure: reason }) => reason !== null).length
    return success({
      added: continuedCount + records.length - newlyRefused,
      refused: stillRefusedCount + newlyRefused,
      skipped: [...skipped, ...queuedNames.map((name) => ({ name, reason: 'queued' }))],
      ...(emptyFolder === undefined ? {} : { emptyFolder }),
      ...this.#rememberDrop(records, order),
    })
  }

  /** Files that other requests are adding come last: such a request may end without having added them. */
  async #addAll(
    files: readonly FoundFile[],
    order: Order,
    proposed: Proposed | null,
  ): Promise<Result<AddedFiles>> {
    const own = files.filter((file) => !this.#beingAdded.has(fileKey(file, order)))
    const others = files.filter((file) => this.#beingAdded.has(fileKey(file, order)))
    const ends = others.flatMap((file) => this.#beingAdded.get(fileKey(file, order)) ?? [])
    const { promise: end, resolve } = Promise.withResolvers<void>()
    const keys = own.map((file) => fileKey(file, order))
    keys.forEach((key) => this.#beingAdded.set(key, end))
    let added: Result<AddedFiles>
    try {
      added = await this.#continueAndRecord(own, order, proposed)
    } finally {
      keys.forEach((key) => this.#beingAdded.delete(key))
      resolve()
    }
    if (!added.ok || others.length === 0) return added
    await raceAbort(Promise.all(ends), order.signal)
    if (order.signal.aborted) return added
    const rest = await this.#addAll(others, order, proposed)
    if (!rest.ok) return rest
    const { records, continuedCount, stillRefusedCount, queuedNames } = rest.value
    return success({
      records: [...added.value.records, ...records],
      continuedCount: added.value.continuedCount + continuedCount,
      stillRefusedCount: added.value.stillRefusedCount + stillRefusedCount,
      queuedNames: [...added.value.queuedNames, ...queuedNames],
    })
  }

  async #continueAndRecord(
    files: readonly FoundFile[],
    order: Order,
    proposed: Proposed | null,
  ): Promise<Result<AddedFiles>> {
    const isApproved = order.review === 'approved' || proposed !== null
    const inQueue = await continueUploads(this.#services, files, {
      ...order,
      isApproved,
      shown: proposed?.records,
    })
    if (!inQueue.ok) return inQueue
    const { alreadyQueued, continued, stillRefused, continuedCount, stillRefusedCount } = inQueue.value
    const counts = { continuedCount, stillRefusedCount }
    if (order.signal.aborted) return success({ records: [], ...counts, queuedNames: [] })
    const known = [alreadyQueued, continued, stillRefused]
    const fresh = files.filter((file) => !known.some((some) => some.has(file)))
    const recorded = await this.#recordFresh(fresh, order, proposed?.records ?? null)
    if (!recorded.ok) return recorded
    this.#services.enqueued(recorded.value.map(({ id }) => id))
    const queuedNames = [...alreadyQueued].map(({ name }) => name)
    return success({ records: recorded.value, ...counts, queuedNames })
  }

  #rememberDrop(
    records: readonly UploadRecord[],
    { reviewId }: Order,
  ): Pick<AddReport, 'drop' | 'review' | 'newIds'> {
    if (records.length === 0) return {}
    const ids = records.map(({ id }) => id)
    const drop = this.#services.rememberDrop(ids)
    return records.some(({ phase }) => phase === 'review')
      ? { drop, review: reviewId }
      : { drop, newIds: ids }
  }

  /**
   * Enqueues files whose targets are known, under the paths they were found by: a link may lead anywhere. The
   * target of a folder is the library folder of its files.
   */
  enqueuePlaced(
    placed: readonly FileWithTarget[],
    request: Omit<EnqueueRequest, 'targetOf'> = {},
  ): Promise<Result<AddReport>> {
    const targets = new Map(placed.map(({ path, target }) => [path, target]))
    const folders = new Map(placed.map(({ path, searchedFolder }) => [path, searchedFolder]))
    return this.enqueue([...targets.keys()], {
      ...request,
      addedFolderOf: (path) => folders.get(path) ?? dirname(path),
      targetOf({ place, name, path }) {
        const foundAs = join(place, name)
        return targets.get(foundAs) ?? targets.get(path) ?? targetInFolder(placed, foundAs)
      },
    })
  }

  /** Records files that were approved, and inspects and records those that were not proposed. */
  async #recordFresh(
    files: readonly FoundFile[],
    order: Order,
    approved: ReadonlyMap<FoundFile, UploadRecord> | null,
  ): Promise<Result<UploadRecord[]>> {
    if (!approved) return this.#inspectAndRecord(files, order)
    const recorded = this.#recordAll(
      files.flatMap((file) => approved.get(file) ?? []),
      order,
    )
    if (!recorded.ok) return recorded
    // They were in the queue when the user was asked, and not any more.
    const others = files.filter((file) => !approved.has(file))
    const inspected = await this.#inspectAndRecord(others, { ...order, review: 'approved' })
    return inspected.ok ? success([...recorded.value, ...inspected.value]) : inspected
  }

  /** Inspects files and records them batch by batch, or together if what is found decides about a review. */
  async #inspectAndRecord(files: readonly FoundFile[], order: Order): Promise<Result<UploadRecord[]>> {
    const { review } = this.#services
    const policy = this.#policyFor(order)
    const mode = order.review ?? 'by-rules'
    // The settings may have been changed since the files were added, and found ones are not confirmed yet.
    const mustReview = isUndecided(order.team) || order.isFound === true || order.joinedReview !== undefined
    const need = mustReview ? 'yes' : needForReview(files, policy, mode)
    const records: UploadRecord[] = []
    let leftCount = need === 'yes' ? files.length : 0
    if (need === 'yes') this.#reviewed.add(order)
    review.inspecting(order.reviewId, leftCount)
    try {
      for await (const batch of this.#inspect(files, order)) {
        const inPhase = need === 'yes' ? batch.map(toReview) : batch
        const written = isDecided(need) ? this.#record(inPhase, order) : success(undefined)
        if (!written.ok) return written
        records.push(...inPhase)
        const doneCount = Math.min(leftCount, batch.length)
        review.inspecting(order.reviewId, -doneCount)
        leftCount -= doneCount
      }
    } finally {
      this.#reviewed.delete(order)
      review.inspecting(order.reviewId, -leftCount)
    }
    // The user has removed those that were recorded.
    if (order.discarding.signal.aborted) return success([])
    if (isDecided(need)) return success(records)
    if (order.signal.aborted) return success([])
    return this.#recordAll(this.#isReviewNeeded(need, records) ? records.map(toReview) : records, order)
  }

  /** Inspects files that the queue does not have, without recording anything. */
  async #propose(
    files: readonly FoundFile[],
    skipped: readonly SkippedFile[],
    order: Order,
  ): Promise<Proposed> {
    const { review } = this.#services
    const { accountId, team } = order
    const queued = queuedFiles(this.#services, files, order)
    const fresh = files.filter((file) => !queued.has(file))
    const need = needForReview(fresh, this.#policyFor(order), order.review ?? 'by-rules')
    if (need === 'yes' || order.review === 'first') await review.loadLibrary({ accountId, teamId: team.id })
    const byFile = new Map<FoundFile, UploadRecord>()
    let index = 0
    for await (const batch of this.#inspect(fresh, order))
      for (const record of batch) byFile.set(fresh[index++] as FoundFile, record)
    const records = [...byFile.values()]
    return {
      proposal: {
        records,
        ...review.findGroups(records),
        isReviewNeeded: this.#isReviewNeeded(need, records),
        skipped,
        queuedNames: [...queued].map(({ name }) => name),
      },
      records: byFile,
    }
  }

  /** Inspects files in batches, the next two while a batch is used. Ends when the request is aborted. */
  async *#inspect(files: readonly FoundFile[], order: Order): AsyncGenerator<UploadRecord[]> {
    let position = this.#lastPosition()
    const batchFrom = (start: number) => files.slice(start, start + batchSize)
    const inspectFrom = (start: number) =>
      Promise.all(batchFrom(start).map((file) => this.#services.inspect(file)))
    let [next, ahead] = [inspectFrom(0), inspectFrom(batchSize)]
    for (let start = 0; start < files.length; start += batchSize) {
      const batch = batchFrom(start)
      order.onProgress?.({ foundCount: files.length, checkedCount: start })
      const inspections = await raceAbort(next, order.signal)
      if (isAborted(inspections)) return
      ;[next, ahead] = [ahead, inspectFrom(start + 2 * batchSize)]
      const offerFor = this.#services.typeOffers()
      yield batch.map((file, index) => {
        position += positionStep
        const addedAtMs = this.#services.environment.now()
        const record = createRecord(file, inspections[index] as Inspection, { ...order, position, addedAtMs })
        return withTypeOffer(record, offerFor(record))
      })
    }
  }

  #policyFor({ reviewSetting }: Order): ReviewPolicy {
    const policy = this.#services.reviewPolicy()
    return reviewSetting === undefined ? policy : { ...policy, review: reviewSetting }
  }

  #isReviewNeeded(need: ReviewNeed, records: readonly UploadRecord[]): boolean {
    const { review, reviewPolicy } = this.#services
    const findGroups = (found: readonly UploadRecord[]) => review.findGroups(found).groups
    return isReviewNeeded(need, records, { policy: reviewPolicy(), findGroups })
  }

  #recordAll(records: UploadRecord[], order: Order): Result<UploadRecord[]> {
    for (let start = 0; start < records.length; start += batchSize) {
      const written = this.#record(records.slice(start, start + batchSize), order)
      if (!written.ok) return written
    }
    return success(records)
  }

  #record(records: readonly UploadRecord[], { onUploads }: Order): Result<void> {
    const written = this.#services.rows.add(records)
    if (!written.ok) return written
    onUploads?.(
      records.map(({ id }) => id),
      'added',
    )
    const waiting = records.filter(({ phase }) => phase === 'waiting')
    this.#services.queue.add(waiting.map(({ id }) => id))
    this.#services.batchEnqueued(records.map(({ id }) => id))
    return written
  }

  #lastPosition(): number {
    const { rows } = this.#services
    return rows.ids().reduce((last, id) => Math.max(last, rows.get(id)?.record.position ?? 0), 0)
  }
}

/** The proposal once the user has accepted these failures. */
function acceptAll({ proposal, records }: Proposed, accepted: ReadonlySet<FailureCode>): Proposed {
  const accept = (record: UploadRecord): UploadRecord =>
    record.failure && accepted.has(record.failure.code)
      ? { ...record, allowed: true, failure: null, phase: 'waiting' }
      : record
  return { proposal, records: new Map([...records].map(([file, record]) => [file, accept(record)])) }
}

/** Identifies a file that is added for a team by an account. */
const fileKey = (file: FoundFile, { accountId, team }: Order) =>
  JSON.stringify([accountId, team.id, uploadKey(file)])

const emptyReport: AddReport = { added: 0, refused: 0, skipped: [] }

const toReview = (record: UploadRecord): UploadRecord => ({ ...record, phase: 'review' })

/** Whether what is found in the files makes no difference. */
const isDecided = (need: ReviewNeed) => need === 'yes' || need === 'no'

function targetInFolder(placed: readonly FileWithTarget[], path: string): Partial<Target> {
  for (const { path: folder, target } of placed) {
    if (target.modelPath === undefined || !path.startsWith(folder + sep)) continue
    const within = relative(folder, path).split(sep).join('/')
    return { ...target, modelPath: cleanLibraryPath(`${target.modelPath}/${within}`) }
  }
  return {}
}

/** The type that the user gave to similar files is offered, and not used unasked. */
function withTypeOffer(record: UploadRecord, offeredType: string | null): UploadRecord {
  return record.seen && offeredType !== null ? { ...record, seen: { ...record.seen, offeredType } } : record
}

interface Order extends Omit<EnqueueRequest, 'team'> {
  readonly accountId: string
  readonly team: Team
  /** Of the review that its files are in, if they are reviewed. */
  readonly reviewId: string
  /** The request's own, and that of `discarding`. */
  readonly signal: AbortSignal
  /** Aborts when the user discards the review that its files are added to. */
  readonly discarding: AbortController
}
