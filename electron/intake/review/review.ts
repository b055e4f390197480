import { dirname } from 'node:path'
import type { ConfirmUpload } from '../../discovery/places/confirm-upload.ts'
import { maxListingAgeMs } from '../../conflicts/check-before-upload.ts'
import { compareWithTeam, type LibraryMatch } from '../../conflicts/compare-with-team.ts'
import type { MissingPart } from '../../conflicts/missing-companions.ts'
import { serverOf, type Team, type TeamChoice } from '../../contract/account.ts'
import type { CallArgs } from '../../contract/calls.ts'
import { failed, failure, remedyOf, success, type Failure, type Result } from '../../contract/failures.ts'
import type { MissingCompanion } from '../../contract/companions.ts'
import type { LibraryListing, LibraryModel, OnConflict } from '../../contract/library.ts'
import type { ReviewApproval, ReviewGroup, ReviewView } from '../../contract/review.ts'
import type { Rows } from '../../journal/rows.ts'
import {
  isApprovable,
  isFound,
  isSameTeam,
  isUndecided,
  reviewIdOf,
  type TeamOfUpload,
  type UploadRecord,
} from '../../journal/upload-record.ts'
import type { AddReport } from '../../contract/uploads.ts'
import { withTimeout } from '../../platform/delays.ts'
import type { FileIdentity } from '../../platform/files/file-identity.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Companion } from '../../recognition/companions/companion-parts.ts'
import type { Queue } from '../../queue/queue.ts'
import type { MissingByFile, TeamCompanions } from '../companions/team-companions.ts'
import { isReviewNeeded, needForReview } from './needs-review.ts'
import { groupForReview, hasWork } from './review-groups.ts'
import { changeForTeam, isFindingUnknown } from './team-change.ts'
import { applyPolicy, isRefusedByPolicy, type ReviewPolicy } from './upload-policy.ts'

interface ReviewOptions {
  readonly rows: Rows
  readonly environment: Environment
  readonly policy: () => ReviewPolicy
  /** The account and team of a choice; null when it is not available. */
  readonly resolve: (choice: TeamChoice) => { readonly accountId: string; readonly team: Team } | null
  /** Whether the uploads of this account are not shown. */
  readonly isHidden: (accountId: string) => boolean
  readonly library: {
    models(choice: TeamChoice, age: { readonly maxAgeMs: number }): Promise<Result<LibraryListing>>
    cachedModels(choice: TeamChoice): readonly LibraryModel[] | null
  }
  /** The hash of a file whose bytes were read before, or null. */
  readonly knownHash: (record: UploadRecord) => string | null
  readonly companions: TeamCompanions
  /** Files need companions that their team lacks, see `missingCompanions`. */
  readonly onCompanionsMissing: () => void
  readonly queue: Pick<Queue, 'add'>
  /** Files are about to be sent: threads may start. */
  readonly warmUp: () => void
  /** These files were queued. */
  readonly approved: (ids: readonly string[]) => void
  /** The setting for library paths that are in use. */
  readonly onConflict: () => OnConflict
  /** Inspects files again: what was accepted for another team isn't known any more, or settings have changed. */
  readonly inspectAgain: (ids: readonly string[]) => void
  /** Remembers approved files for an undo; returns the id. */
  readonly rememberApproval: (ids: readonly string[]) => string
  readonly onChange: (views: readonly ReviewView[]) => void
  /** A review in which nothing was to be uploaded or decided has ended. */
  readonly onSettled: (report: AddReport) => void
}

/** Groups of files without rows, and the companions that they refer to. */
export interface ReviewFindings {
  readonly groups: readonly ReviewGroup[]
  readonly missingCompanions: readonly MissingCompanion[]
}

/** The page gets at most ten views a second. */
const reportEveryMs = 100

/**
 * The delay in ms while files are inspected or uploaded: comparing and grouping 10,000 files takes a good part of
 * 100 ms.
 */
const slowReportMs = (fileCount: number) => Math.min(1_000, Math.max(reportEveryMs, fileCount / 20))

/** A user waits for the listing; without it, conflicts are found before each upload. */
const listingTimeoutMs = 10_000

/**
 * The files that wait for the user's approval, one review for each drop: rows in the phase `review`. They are not in
 * the queue, and nothing of them is sent. What they have in common with each other and with the team's library is found out
 * in the background.
 */
export class Review {
  readonly #options: ReviewOptions
  readonly #rows: Rows
  readonly #ids = new Set<string>()
  #inLibrary: ReadonlyMap<string, LibraryMatch> = new Map()
  #missing: MissingByFile = new Map()
  /** The files of each review that are being inspected. */
  readonly #inspecting = new Map<string, number>()
  /** Reviews to which files were added, and which have not been compared since. */
  readonly #added = new Set<string>()
  /** As last measured. */
  #bytesPerSecond: number | null = null
  #cached: readonly ReviewView[] | null = null
  #report: { readonly delayMs: number; readonly cancel: () => void } | null = null
  #isOutdated = false
  /** Looking up ten thousand hashes takes longer than grouping the files. */
  #hashes = new WeakMap<FileIdentity, { readonly sha256: string | null }>()
  #comparing: Promise<void> | null = null
  #isWriting = false
  #isClosed = false

  constructor(options: ReviewOptions) {
    this.#options = options
    this.#rows = options.rows
  }

  /** An upload was added, removed or changed. */
  rowChanged(id: string): void {
    const live = this.#rows.get(id)?.live
    if (live?.phase === 'review' && live.isRequested) this.#ids.add(id)
    else if (!this.#ids.delete(id)) return
    if (!this.#isWriting) this.#isOutdated = true
    this.#changed()
  }

  /** The team's listing or the accounts have changed. */
  compareAgain(): void {
    if (this.#ids.size === 0) return
    this.#hashes = new WeakMap()
    this.#isOutdated = true
    this.#changed({ isFrequent: true })
  }

  /**
   * Refuses in the review what the settings forbid from now on, and inspects again what they may allow, also what
   * was refused without a review.
   */
  policyChanged(): void {
    const policy = this.#options.policy()
    const records = this.#records()
    this.#rows.inTransaction(() => {
      for (const record of records) {
        const { failure: now } = applyPolicy(record, policy)
        if (now !== record.failure) this.#rows.change(record.id, { failure: now })
      }
    })
    const isAllowedNow = (record: UploadRecord) =>
      isRefusedByPolicy(record.failure) &&
      applyPolicy<UploadRecord>({ ...record, failure: null }, policy).failure === null
    const failed = this.#rows.ids().flatMap((id) => {
      const row = this.#rows.get(id)
      return row?.live.phase === 'failed' ? row.record : []
    })
    const allowed = [...records, ...failed].filter(isAllowedNow)
    if (allowed.length > 0) this.#options.inspectAgain(allowed.map(({ id }) => id))
    this.compareAgain()
  }

  /** Files were found and are being inspected, or (with a negative number) were added or dropped. */
  inspecting(review: string, count: number): void {
    if (count === 0) return
    const left = (this.#inspecting.get(review) ?? 0) + count
    if (left > 0) this.#inspecting.set(review, left)
    else this.#inspecting.delete(review)
    if (count > 0) this.#added.add(review)
    this.#changed()
  }

  /** Other files of this computer can be offered as companions. */
  offersChanged(): void {
    if (this.#missing.size > 0) this.#changed()
  }

  /** The companions that files lack, and the folders of these files. */
  missingCompanions(): { readonly companions: readonly Companion[]; readonly folders: readonly string[] } {
    const companions = [...this.#missing.values()].flat().map(({ companion }) => companion)
    const folders = [...this.#missing.keys()].flatMap((id) => {
      const record = this.#rows.get(id)?.record
      return record ? [record.seen?.place ?? dirname(record.path)] : []
    })
    return { companions: [...new Set(companions)], folders: [...new Set(folders)] }
  }

  /** The speed of all uploads, or null while there is none. */
  speedMeasured(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond ?? this.#bytesPerSecond
  }

  /** The oldest first. */
  views(): readonly ReviewView[] {
    this.#cached ??= [...Map.groupBy(this.#records(), reviewIdOf)].map(([review, records]) =>
      this.#computeView(review, records),
    )
    return this.#cached
  }

  /** Ids of the files that are shown, of all reviews or of one. */
  ids(review: string | null = null): readonly string[] {
    return this.#records(review).map(({ id }) => id)
  }

  /** Requests the team's listing for `findDecisions`, and waits a little for it. */
  async loadLibrary(choice: TeamChoice): Promise<void> {
    const { library, environment } = this.#options
    const maxAgeMs = maxListingAgeMs({ addedAtMs: environment.now() }, environment)
    await withTimeout(library.models(choice, { maxAgeMs }), environment.timers, listingTimeoutMs)
  }

  /** Groups files that have no rows yet, compared with what is known of their team. */
  findGroups(records: readonly UploadRecord[]): ReviewFindings {
    const { policy, library } = this.#options
    const knownHash = this.#knownHash
    const [first] = records
    if (!first) return { groups: [], missingCompanions: [] }
    const listed = library.cachedModels({ accountId: first.accountId, teamId: first.team.id })
    const models = listed ?? []
    const comparison = compareWithTeam(records, { rows: this.#rows, models, areRecorded: false, knownHash })
    const missing = listed ? this.#options.companions.find(records, first, listed) : new Map<string, never>()
    const { keys, views } = this.#options.companions.toViews(missing, records)
    const context = { comparison, missingCompanions: keys, policy: policy(), knownHash }
    return { groups: groupForReview(records, context), missingCompanions: views }
  }

  /**
   * Whether a file that has changed is reviewed before it is sent: one that the app has found in any case, others
   * by the rules for files that are added.
   */
  readonly mustReview = (record: UploadRecord): boolean => {
    if (isFound(record)) return true
    const policy = this.#options.policy()
    const { path, identity } = record
    const need = needForReview([{ path, sizeBytes: identity.sizeBytes }], policy, 'by-rules')
    const findGroups = (records: readonly UploadRecord[]) => this.findGroups(records).groups
    return isReviewNeeded(need, [record], { policy, findGroups })
  }

  /**
   * Queues files of a review for a team, all unless some are named. Those that can't be uploaded as they are leave the
   * review too, as failed uploads. If the app has found any of them, `confirm` asks first, and exactly the confirmed
   * ones are queued. Null, and nothing changes, if the user declines.
   */
  async approve(
    { review, ids, team: choice }: CallArgs<'approveReview'>,
    confirm: ConfirmUpload,
  ): Promise<Result<ReviewApproval | null>> {
    const chosen = this.#options.resolve(choice)
    if (!chosen) return failed(failure('no-team'))
    const named = this.#records(review, ids).filter(
      (record) => isApprovable(record) && (!record.allowed || isSameTeam(record, chosen)),
    )
    const found = named.filter(isFound)
    if (found.length === 0) return this.#approve(review, named, chosen)
    const isConfirmed = await confirm({
      count: found.length,
      sizeBytes: sumBytes(found),
      team: chosen.team.name,
      server: serverOf(chosen.accountId),
    })
    if (!isConfirmed) return success(null)
    // Meanwhile accounts may have signed out, and files may have changed.
    if (!this.#options.resolve(choice)) return failed(failure('no-team'))
    const confirmedIds = new Set(found.map(({ id }) => id))
    const records = this.#records(
      review,
      named.map(({ id }) => id),
    )
    const isApproved = (record: UploadRecord) => !isFound(record) || confirmedIds.has(record.id)
    return this.#approve(
      review,
      records.filter((record) => isApprovable(record) && isApproved(record)),
      chosen,
    )
  }

  #approve(review: string, approved: readonly UploadRecord[], chosen: TeamOfUpload): Result<ReviewApproval> {
    // A conflict may be another one in another team.
    const refused = this.#records(review).filter(
      (record) => !isApprovable(record) && isSameTeam(record, chosen),
    )
    const events = approved.map((record) => {
      const change = changeForTeam(record, chosen, this.#options.onConflict())
      return { id: record.id, event: 'approve', change: { ...change, failure: null } } as const
    })
    const written = this.#rows.applyEvents([
      ...events,
      ...refused.map(({ id }) => ({ id, event: 'refuse', change: {} }) as const),
    ])
    if (!written.ok) return written
    const changed = this.#changeTeam(this.#records(review), chosen)
    const approvedIds = approved.map(({ id }) => id)
    this.#options.warmUp()
    this.#options.queue.add(approvedIds)
    this.#options.approved(approvedIds)
    if (!changed.ok) return changed
    const leftIds = [...approvedIds, ...refused.map(({ id }) => id)]
    const undoable =
      leftIds.length > 0 ? { drop: this.#options.rememberApproval(leftIds), newIds: approvedIds } : {}
    return success({ approvedCount: approved.length, ...undoable })
  }

  /** All files of a review are for this team from now on. */
  setTeam(review: string, choice: TeamChoice): Result<void> {
    const chosen = this.#options.resolve(choice)
    return chosen ? this.#changeTeam(this.#records(review), chosen) : failed(failure('no-team'))
  }

  #changeTeam(records: readonly UploadRecord[], chosen: TeamOfUpload): Result<void> {
    const written = this.#rows.inTransaction(() => {
      for (const record of records)
        this.#rows.change(record.id, changeForTeam(record, chosen, this.#options.onConflict()))
    })
    const unknown = records.filter((record) => isFindingUnknown(record) && !isSameTeam(record, chosen))
    if (written.ok && unknown.length > 0) this.#options.inspectAgain(unknown.map(({ id }) => id))
    return written
  }

  close(): void {
    this.#isClosed = true
    this.#report?.cancel()
  }

  /** The files that are shown, of all reviews or of one, or those of them that are named, in the order of the queue. */
  #records(review: string | null = null, named: readonly string[] | null = null): UploadRecord[] {
    const ids = named ? named.filter((id) => this.#ids.has(id)) : [...this.#ids]
    const records = [...new Set(ids)].flatMap((id) => this.#rows.get(id)?.record ?? [])
    return records
      .filter(
        (record) =>
          !this.#options.isHidden(record.accountId) && (review === null || reviewIdOf(record) === review),
      )
      .sort((one, other) => one.position - other.position)
  }

  readonly #knownHash = (record: UploadRecord): string | null => {
    const known = this.#hashes.get(record.identity) ?? { sha256: this.#options.knownHash(record) }
    this.#hashes.set(record.identity, known)
    return known.sha256
  }

  /** @param isFrequent - The change is likely to be followed by others, as each change is while files are inspected. */
  #changed({ isFrequent = false } = {}): void {
    this.#cached = null
    const isSlow = isFrequent || this.#inspecting.size > 0
    const delayMs = isSlow ? slowReportMs(this.#ids.size) : reportEveryMs
    if (this.#isClosed || (this.#report && this.#report.delayMs <= delayMs)) return
    this.#report?.cancel()
    const cancel = this.#options.environment.timers.after(delayMs, () => {
      this.#report = null
      // Comparing after each batch would take longer the more files there are.
      if (this.#isOutdated && this.#inspecting.size === 0) this.#compare()
      this.#options.onChange(this.views())
    })
    this.#report = { delayMs, cancel }
  }

  #computeView(id: string, records: readonly UploadRecord[]): ReviewView {
    const { policy } = this.#options
    const knownHash = this.#knownHash
    const comparison = { conflicts: new Map<string, Failure>(), inLibrary: this.#inLibrary }
    const companions = this.#options.companions.toViews(this.#missing, records)
    const context = { comparison, missingCompanions: companions.keys, policy: policy(), knownHash }
    const groups = groupForReview(records, context)
    const totalBytes = sumBytes(records)
    const team = this.#teamOf(records)
    const speed = this.#bytesPerSecond
    return {
      id,
      team,
      fileCount: records.length,
      totalBytes,
      inspectingCount: this.#inspecting.get(id) ?? 0,
      secondsLeft: speed === null || speed <= 0 ? null : Math.ceil(totalBytes / speed),
      groups,
      missingCompanions: companions.views,
      hasWork: team === null || hasWork(records, groups),
      isComparing: this.#comparing !== null || this.#isOutdated,
    }
  }

  #teamOf(records: readonly UploadRecord[]): TeamChoice | null {
    const [first] = records
    if (!first) return null
    const { accountId, team } = first
    const isForOne = records.every((other) => other.accountId === accountId && other.team.id === team.id)
    const choice = { accountId, teamId: team.id }
    return isForOne && this.#options.resolve(choice) ? choice : null
  }

  /** Compares all files with the libraries of their teams; one comparison at a time. */
  #compare(): void {
    if (this.#comparing) return
    this.#isOutdated = false
    this.#comparing = this.#compareTeams()
      .catch((error: unknown) =>
        this.#options.environment.log.error('files in review could not be compared', {
          error: String(error),
        }),
      )
      .finally(() => {
        this.#comparing = null
        if (!this.#isOutdated && !this.#isClosed) this.#settle()
        this.#changed()
      })
  }

  /** The user has left out files: a review of which nothing else can be uploaded or decided ends. */
  excluded(reviews: ReadonlySet<string>): void {
    for (const review of reviews) this.#added.add(review)
    if (this.#comparing === null && !this.#isOutdated) this.#settle()
  }

  /**
   * Ends reviews of which nothing can be uploaded or decided once their files were added. Certain copies are queued:
   * they are checked, and not sent. Later changes, such as of the settings, end no review.
   */
  #settle(): void {
    const added = [...this.#added].filter((review) => !this.#inspecting.has(review))
    for (const review of added) {
      this.#added.delete(review)
      const records = this.#records(review)
      if (records.length > 0) this.#settleOne(this.#computeView(review, records), records)
    }
  }

  #settleOne({ id, team, hasWork, fileCount }: ReviewView, records: readonly UploadRecord[]): void {
    const chosen = team && this.#options.resolve(team)
    if (hasWork || !chosen) return
    const settled = this.#approve(id, records.filter(isApprovable), chosen)
    if (!settled.ok) return
    const { approvedCount: added, ...undoable } = settled.value
    const counts = { added, refused: fileCount - added, skipped: [] }
    this.#options.onSettled({ ...counts, isApproval: true, review: id, ...undoable })
  }

  async #compareTeams(): Promise<void> {
    const inLibrary = new Map<string, LibraryMatch>()
    const missing = new Map<string, readonly MissingPart[]>()
    const teams = new Map(
      this.#records()
        .filter(({ team }) => !isUndecided(team))
        .map(({ accountId, team }) => [`${accountId} ${team.id}`, { accountId, teamId: team.id }]),
    )
    for (const { accountId, teamId } of teams.values()) {
      const ofTeam = () =>
        this.#records().filter((record) => record.accountId === accountId && record.team.id === teamId)
      const addedAtMs = ofTeam().reduce((latest, record) => Math.max(latest, record.addedAtMs), 0)
      const maxAgeMs = maxListingAgeMs({ addedAtMs }, this.#options.environment)
      const listing = await this.#options.library.models({ accountId, teamId }, { maxAgeMs })
      if (this.#isClosed) return
      const records = ofTeam()
      const comparison = compareWithTeam(records, {
        rows: this.#rows,
        models: listing.ok ? listing.value.models : [],
        areRecorded: true,
        knownHash: this.#knownHash,
      })
      for (const [id, match] of comparison.inLibrary) inLibrary.set(id, match)
      const [first] = records
      // Without a listing nothing is known to be missing.
      if (first && listing.ok)
        for (const [id, parts] of this.#options.companions.find(records, first, listing.value.models))
          missing.set(id, parts)
      this.#writeConflicts(records, comparison.conflicts)
    }
    this.#inLibrary = inLibrary
    this.#missing = missing
    if (missing.size > 0) this.#options.onCompanionsMissing()
  }

  /** Other failures come first: a broken file has no use for its path. */
  #writeConflicts(records: readonly UploadRecord[], conflicts: ReadonlyMap<string, Failure>): void {
    this.#isWriting = true
    const written = this.#rows.inTransaction(() => {
      for (const { id, failure: before } of records) {
        if (before !== null && remedyOf(before) !== 'choose') continue
        const now = conflicts.get(id) ?? null
        if (JSON.stringify(now) !== JSON.stringify(before)) this.#rows.change(id, { failure: now })
      }
    })
    this.#isWriting = false
    if (!written.ok)
      this.#options.environment.log.error('path conflicts could not be recorded', {
        code: written.failure.code,
      })
  }
}

const sumBytes = (records: readonly UploadRecord[]) =>
  records.reduce((sum, { identity }) => sum + identity.sizeBytes, 0)
