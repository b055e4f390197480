import * as v from 'valibot'
import type { MissingCompanion, MissingInList } from '../companions.ts'
import type { Receipt } from '../receipt.ts'
import type { ModelFacts, Preview } from '../recognition.ts'
import type { ReviewApproval, ReviewView } from '../review.ts'
import type { UploadDetails } from '../upload-details.ts'
import type { LogDocument } from '../upload-log.ts'
import type {
  AddReport,
  HistoryFilters,
  HistoryPage,
  ModelStatus,
  Snapshot,
  WaitingFilesView,
} from '../uploads.ts'
import { call, text, nothing, id, ids, maxItems, teamChoice, paths, target, targetChange } from './call.ts'

/** The id of a review; the shared one of older records is empty. */
const review = text(400)

export const uploadCalls = {
  snapshot: call<Snapshot>()('engine', nothing),
  /**
   * From the page: `{ files: File[] }`. The preload turns the files into paths. With a team they are for it
   * (else `no-team`), otherwise for the chosen one; without one they wait.
   */
  addFiles: call<AddReport>()('engine', v.strictObject({ paths, team: v.exactOptional(teamChoice) })),
  /** Stops reading what was added (see the event `reading`); nothing of it is added. Returns whether it was read. */
  stopReading: call<boolean>()('engine', nothing),
  /** Opens the native picker; a cancelled picker returns an empty report. */
  chooseFiles: call<AddReport>()('desktop', v.strictObject({ what: v.picklist(['files', 'folder']) })),
  /** Files that wait for a sign-in or a team. */
  waitingFiles: call<WaitingFilesView>()('engine', nothing),
  /** Forgets them; the files themselves stay. */
  discardWaitingFiles: call<WaitingFilesView>()('engine', nothing),
  /** Keeps again those that were discarded last, until the app ends. */
  undoDiscardWaitingFiles: call<WaitingFilesView>()('engine', nothing),
  /** Adds them if they could not be added before. */
  retryWaitingFiles: call<WaitingFilesView>()('engine', nothing),
  /**
   * Queues the files of uploads, of the list or the history, for another team too, once a native dialog is
   * confirmed; null when it was not. Each gets a row with a target of its own, and is reviewed by the same
   * rules as a dropped file. Files that are gone or have changed are skipped.
   */
  addUploadsToTeam: call<AddReport | null>()(
    'desktop',
    v.strictObject({ ids: v.pipe(ids, v.minLength(1)), team: teamChoice }),
  ),
  editTarget: call<void>()('engine', v.strictObject({ id, change: targetChange })),
  /**
   * Gives many uploads new targets, all or none: one invalid target refuses the whole change. Uploads that
   * have started in the meantime keep theirs; returns the ids that were changed.
   */
  editTargets: call<readonly string[]>()(
    'engine',
    v.strictObject({
      changes: v.pipe(v.array(v.strictObject({ id, target: v.strictObject(target) })), v.maxLength(maxItems)),
    }),
  ),
  /** Withdraws the types that are offered for these uploads, and doesn't offer them again. */
  declineType: call<void>()('engine', v.strictObject({ ids })),
  /** Returns once the parts that need a few seconds are finished, or the uploads were resumed. */
  pause: call<void>()('engine', v.strictObject({ ids })),
  /** Stops uploads that are being paused at once, all unless some are named. */
  stopPausing: call<void>()('engine', v.strictObject({ ids: v.nullable(ids) })),
  resume: call<void>()('engine', v.strictObject({ ids })),
  /** `settings-not-saved`: everything is paused, but only until the app ends. */
  pauseAll: call<void>()('engine', nothing),
  /** Ends the pause of the whole queue and of every single upload. Fails like `pauseAll`. */
  resumeAll: call<void>()('engine', nothing),
  /**
   * Stops the uploads, deletes what storage holds of them and removes their rows. Those of which nothing
   * was sent can be restored by `undoRemove`. One that is being registered is waited for and stays if its model is
   * in the library then, or if the server has not answered by then (`not-registered-yet`).
   */
  cancel: call<void>()('engine', v.strictObject({ ids })),
  /**
   * Restores rows that were removed in this session before anything was sent, with their targets and in
   * their places; returns the ids that were restored.
   */
  undoRemove: call<readonly string[]>()('engine', v.strictObject({ ids })),
  /**
   * Removes the rows of a drop (`AddReport.drop`) that are not registered and deletes what storage holds of
   * them; returns their ids. Fails with `undo-too-late` if all of them are registered.
   */
  undoAdd: call<readonly string[]>()('engine', v.strictObject({ drop: id })),
  /**
   * Accepts files that can run code when loaded; stored with each upload. A native dialog asks first;
   * nothing changes unless it is confirmed. Files in review stay there.
   */
  allow: call<void>()('desktop', v.strictObject({ ids })),
  /** Takes back for files in review what `allow` has accepted. */
  disallow: call<void>()('engine', v.strictObject({ ids })),
  retry: call<void>()('engine', v.strictObject({ ids })),
  /** Runs uploads before all others; the first few start at once. */
  moveToTop: call<void>()('engine', v.strictObject({ ids })),
  /**
   * Changes the order in which uploads run: puts waiting, paused and failed ones directly before another
   * one, or after all if it is null or gone. Uploads in progress keep their places.
   */
  moveUploads: call<void>()('engine', v.strictObject({ ids, before: v.nullable(id) })),
  /** Removes finished rows from the list. The history keeps them. */
  dismiss: call<void>()('engine', v.strictObject({ ids })),
  /** Removes finished rows from the history for good. Nothing in the library changes. */
  forget: call<void>()('engine', v.strictObject({ ids })),
  /**
   * Sends the event `details` for this upload and no other; null for none. Returns null when it is not in
   * the queue.
   */
  watch: call<UploadDetails | null>()('engine', v.strictObject({ id: v.nullable(id) })),
  /** Metadata read from the row's file, which rows don't carry. Null when the row or its file is gone. */
  modelFacts: call<{ readonly facts: ModelFacts; readonly preview: Preview | null } | null>()(
    'engine',
    v.strictObject({ id }),
  ),
  /**
   * A text for reporting a wrong recognition of a row's file, without weights, paths and private metadata.
   */
  recognitionReport: call<string>()('engine', v.strictObject({ id })),
  /**
   * Receipts of registered uploads, in the queue or the history, and of the other files of their multi-file models
   * in the same team; other ids are left out.
   */
  receipts: call<readonly Receipt[]>()('engine', v.strictObject({ ids })),
  /**
   * Asks for a file and saves the receipts of registered uploads, as JSON or as text by the file's ending;
   * false when the user cancelled.
   */
  saveReceipts: call<boolean>()('desktop', v.strictObject({ ids: v.pipe(ids, v.minLength(1)) })),
  /** The log of an upload in the queue or the history; null for an unknown id. */
  uploadLog: call<LogDocument | null>()('engine', v.strictObject({ id })),
  /** Asks for a file and saves the log, as JSON or as text by the file's ending; false when the user cancelled. */
  saveUploadLog: call<boolean>()('desktop', v.strictObject({ id })),
  /** How much of a row's multi-file model the library has. Null for a model of one file. */
  modelStatus: call<ModelStatus | null>()('engine', v.strictObject({ id })),
  /**
   * Models that a row's file needs and that its team doesn't seem to have; empty if the team's library can't be
   * listed. Unless `isSearched`, only those files of this computer are offered that were found before.
   */
  companions: call<readonly MissingCompanion[]>()('engine', v.strictObject({ id, isSearched: v.boolean() })),
  /**
   * What uploads of the list need and their teams don't seem to have, as far as the teams' libraries were listed
   * before: it requests nothing.
   */
  missingCompanions: call<MissingInList>()('engine', nothing),
  /**
   * Adds offered files of this computer for the team of a row: to the review if the row is in review, else to the
   * queue. A native dialog asks first; null when it was not confirmed.
   */
  addCompanions: call<AddReport | null>()(
    'desktop',
    v.strictObject({ id, offers: v.pipe(ids, v.minLength(1)) }),
  ),
  history: call<HistoryPage>()(
    'engine',
    v.strictObject({
      beforeMs: v.nullable(v.number()),
      sinceMs: v.exactOptional(v.number()),
      search: target.modelPath,
      teamId: v.exactOptional(id),
      modelType: v.exactOptional(target.modelType),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
    }),
  ),
  historyFilters: call<HistoryFilters>()('engine', nothing),
}

export const reviewCalls = {
  /** What is to be approved, the oldest first; the event `reviews` shows later changes. */
  reviews: call<readonly ReviewView[]>()('engine', nothing),
  /**
   * Queues files of a review for a team, all unless some are named. Files with a failure leave it as failed
   * uploads. `no-team` if the team is not available. If any was found by the app rather than picked by the user, a
   * native dialog asks first; null when it was not confirmed.
   */
  approveReview: call<ReviewApproval | null>()(
    'desktop',
    v.strictObject({ review, ids: v.nullable(ids), team: teamChoice }),
  ),
  /** Removes files from their review; returns their ids, which `undoRemove` restores. */
  excludeFromReview: call<readonly string[]>()('engine', v.strictObject({ ids })),
  /** Removes all files of a review; returns their ids, which `undoRemove` restores. */
  discardReview: call<readonly string[]>()('engine', v.strictObject({ review })),
  /**
   * Compares all files of a review with another team's library, for which they are then. What was accepted or
   * decided for the team before is asked again.
   */
  setReviewTeam: call<void>()('engine', v.strictObject({ review, team: teamChoice })),
}
