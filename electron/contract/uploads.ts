import { failure, isRechecked, type Failure, type FailureState } from './failures.ts'
import { cleanLibraryPath, libraryPathProblem } from './library-path.ts'
import type { Team } from './account.ts'
import type { DuplicateModel, OnConflict, ReplacedModel } from './library.ts'
import type { TransferSpeed } from './upload-details.ts'
import type { Hold } from './conditions.ts'
import type { Recognition } from './recognition.ts'
import type { Verification } from './verification.ts'

/**
 * The state of an upload. `review` waits for the user's approval, or for a decision if it has a failure.
 * `retrying` waits for a retry; its failure says why.
 */
export type Phase =
  | 'review'
  | 'waiting'
  | 'checking'
  | 'sending'
  | 'finishing'
  | 'registering'
  | 'registered'
  | 'retrying'
  | 'paused'
  | 'failed'

/** An upload's name, type and path in the library, editable until it starts. */
export interface Target {
  /** 1–255 characters. */
  readonly displayName: string
  /** 1–50 characters: the ComfyUI models subdirectory, such as `checkpoints` or `loras`. */
  readonly modelType: string
  /** Relative library path, see `libraryPathProblem`. */
  readonly modelPath: string
}

/** Parts that need a few seconds are finished before a pause takes effect. */
export interface Pausing {
  /** The user pauses this upload, and not just the whole queue. */
  readonly isSingle: boolean
  /** A single PUT counts as one part. None are left while the upload is completed or registered. */
  readonly finishingParts: number
  /** The cost of stopping now: bytes that would be sent again. */
  readonly unacknowledgedBytes: number
}

export type PausingTotals = Omit<Pausing, 'isSingle'> & { readonly uploadCount: number }

/** One upload as the page sees it. It is replaced as a whole and contains no path of this computer. */
export interface UploadRow {
  readonly id: string
  /**
   * Uploads run in ascending order; "move to top" assigns a smaller number. May have gaps and be negative.
   */
  readonly position: number
  readonly fileName: string
  /** Folders between the dropped item and the file, separated by `/`, or `''`. */
  readonly folder: string
  readonly sizeBytes: number
  readonly accountId: string
  readonly team: Team
  readonly target: Target
  /** The path is not the suggested one, so it does not follow a change of the type. */
  readonly isPathEdited?: true
  /** The type that the user gave to similar files instead of the suggested one. */
  readonly offeredType?: string
  readonly recognition: Recognition
  readonly phase: Phase
  /** The review that it is in, while its phase is `review`. */
  readonly review?: string
  /** The user has accepted that the file can run code, and it isn't uploaded yet. */
  readonly isRisky?: true
  /** The phase is `sending`, but other files use the connection at the moment. */
  readonly waitsForTurn?: true
  /** True once bytes were sent: the target can then be edited only if that is the failure's remedy. */
  readonly started: boolean
  /** Set while a pause finishes parts; `phase` is still a running one. */
  readonly pausing?: Pausing | undefined
  /** Acknowledged by storage. */
  readonly sentBytes: number
  /** Written to the socket and not yet acknowledged. */
  readonly inFlightBytes: number
  /** Bytes hashed so far; SHA-256 is computed during the upload. */
  readonly hashedBytes: number
  /** Moving average, or null before it is meaningful. */
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
  readonly failure: Failure | null
  /** Time of the next automatic retry (ms since the epoch), or null. */
  readonly retryAtMs: number | null
  readonly addedAtMs: number
  readonly finishedAtMs: number | null
  readonly sha256: string | null
  readonly storageKey: string | null
  readonly modelId: string | null
  /** How the library's record compares with the file; absent before registering and from older records. */
  readonly verification?: Verification | undefined
  /** The library's model with the same bytes, if the file was therefore not uploaded. */
  readonly already?: DuplicateModel | undefined
  /** What the user has decided in review about a path that is in use, which is done when the upload runs. */
  readonly decided?: { readonly choice: OnConflict; readonly conflict: Failure }
  /** The model that it replaces. */
  readonly replaces?: ReplacedModel | undefined
}

/** Sums over the rows; those in review count only in `inReview`. */
export interface Totals {
  readonly running: number
  readonly waiting: number
  readonly needsYou: number
  readonly paused: number
  readonly inReview: number
  /** Registered ones whose record in the library is still to be read back. They count as registered too. */
  readonly verifying: number
  /** Sums over the uploads that are being paused; set only if there are some. They count as running too. */
  readonly pausing?: PausingTotals | undefined
  /** All of today, including those that are no longer in the list, without files that the library already had. */
  readonly registeredToday: number
  /** Over all running and waiting uploads, and those that ended since the queue was last empty. */
  readonly totalBytes: number
  /** Of `totalBytes`, acknowledged or in flight. It never decreases when an upload ends. */
  readonly movedBytes: number
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
}

/** `offline`: no server responds; uploads resume automatically once one does. */
export type ConnectivityState = 'ok' | 'offline'

/** The complete state. It includes all patches up to `sequence`. */
export interface Snapshot {
  readonly sequence: number
  readonly rows: readonly UploadRow[]
  readonly totals: Totals
  readonly flow: TransferSpeed
  /** The user has paused the whole queue. */
  readonly allPaused: boolean
  /** The setting that holds the queue, or null. */
  readonly hold: Hold['kind'] | null
  readonly line: ConnectivityState
  /** Uploads are missing, because the journal could not be read completely at this start. */
  readonly isIncomplete: boolean
  /** File name of a damaged queue that was renamed at this start, or null. */
  readonly journalSetAside: string | null
}

/** Changes since the previous patch. After a gap in `sequence` the page must load the snapshot again. */
export interface Patch {
  readonly sequence: number
  readonly changed: readonly UploadRow[]
  readonly removed: readonly string[]
  readonly totals: Totals
  readonly allPaused: boolean
  readonly hold: Hold['kind'] | null
  readonly line: ConnectivityState
  readonly isIncomplete: boolean
}

export interface SkippedFile {
  readonly name: string
  /**
   * Message key under `skipped.`: `junk`, `not-a-model`, `loop`, `duplicate`, `outside-models`,
   * `downloading`, `placeholder`, `no-workflow`, …
   */
  readonly reason: string
  /** Path of the same file that was added instead; the message is then `skipped.<reason>-of`. */
  readonly kept?: string
  /** Further files that were skipped for the same reason and are not listed. */
  readonly others?: number
}

export const skippedCount = (skipped: readonly SkippedFile[]) =>
  skipped.reduce((sum, { others = 0 }) => sum + 1 + others, 0)

export const hasUnreadableFolder = (skipped: readonly SkippedFile[]) =>
  skipped.some(({ reason }) => reason === 'folder-unreadable')

/** The result of adding files. Refused files are rows with a failure. */
export interface AddReport {
  /** For `undoAdd`, if there are new rows. */
  readonly drop?: string
  /** Ids of the new rows, unless they are in review. */
  readonly newIds?: readonly string[]
  /** The review that the new rows are in; nothing is sent before they are approved. */
  readonly review?: string
  /** The files were approved in the review, to which an undo returns them. */
  readonly isApproval?: true
  /** The skipped files were in the queue, from which the conflict setting has removed them. */
  readonly wereQueued?: true
  readonly added: number
  readonly refused: number
  readonly skipped: readonly SkippedFile[]
  /** Id of a workflow among them, see `WorkflowView`. */
  readonly workflow?: string
  /** A file among them listed model folders, which were added to `FoundPlacesView`. */
  readonly hasFoundPlaces?: true
  /** Name of a folder, if nothing but folders without models was added. */
  readonly emptyFolder?: string
}

/** Files and folders that the user has added, and whose files are being found and then checked. */
export interface ReadingView {
  readonly foundCount: number
  /** Null while files are still being found. */
  readonly checkedCount: number | null
}

/** How much of a model of several files the team's library has. */
export interface ModelStatus {
  /** Number of files that belong to the model. */
  readonly fileCount: number
  /** Of these, the number whose paths exist in the library. */
  readonly presentCount: number
  /**
   * Relative paths of files that are neither in the library nor being uploaded. `vae/` is a whole folder.
   */
  readonly missing: readonly string[]
}

/** Files and folders that were added without a team, and are added once there is one. */
export interface WaitingFilesView {
  readonly count: number
  /** Names of the first ones. */
  readonly names: readonly string[]
  readonly hasFolders: boolean
  /** Why they could not be added to the team, or null. */
  readonly failure: Failure | null
}

export interface HistoryPage {
  readonly rows: readonly UploadRow[]
  /** `beforeMs` of the next page, or null at the end. */
  readonly nextBeforeMs: number | null
}

/** By what the history can be filtered. */
export interface HistoryFilters {
  readonly teams: readonly Team[]
  readonly modelTypes: readonly string[]
}

/**
 * Why the server would reject a target, or null. Lengths and pattern:
 * docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading.
 */
export function targetFailure({ displayName, modelType, modelPath }: Target): Failure | null {
  if (displayName.trim() === '' || [...displayName].length > 255) return failure('target-name')
  if (modelType.trim() === '' || [...modelType].length > 50) return failure('target-type')
  if (libraryPathProblem(modelPath) !== null) return failure('target-path')
  return null
}

/**
 * Whether an upload that met its failure is retried automatically. One whose file is still being written or was not
 * inspected has failed, but is rechecked, as is a file that changes later (`intake/recheck-refused-files.ts`).
 */
export function failureStateOf({ phase, failure }: Pick<UploadRow, 'phase' | 'failure'>): FailureState {
  if (phase === 'registered') return 'final'
  if (phase === 'review') return 'review'
  return phase !== 'failed' || (failure !== null && isFileRechecked(failure)) ? 'retrying' : 'final'
}

/** Whether another upload sends the same bytes, so that probably none of this one have to be sent. */
export function isWaitingForSameBytes({ phase, failure }: Pick<UploadRow, 'phase' | 'failure'>): boolean {
  return failure?.code === 'same-as-other' && (phase === 'retrying' || phase === 'checking')
}

/** Whether the app looks at the file again without the user, which a pause does not end. */
export function isFileRechecked(failure: Failure): boolean {
  return isRecheckedSoon(failure) || isRechecked(failure)
}

/**
 * Whether the file is rechecked without having changed: until it is complete or refused while it is being written,
 * and at the next start if the app ended before it was inspected.
 */
export function isRecheckedSoon({ code }: Failure): boolean {
  return code === 'file-being-written' || code === 'file-not-inspected'
}

/** Whether the user has to act: the upload failed, or the library's record of it differs from the file. */
export function needsAttention({ phase, failure }: Pick<UploadRow, 'phase' | 'failure'>): boolean {
  if (phase === 'failed') return failure === null || !isRecheckedSoon(failure)
  return phase === 'registered' && failure !== null
}

/** Whether an upload can be paused or resumed, or null. While all are paused, each can be resumed. */
export function toggleOf(
  { phase, pausing }: Pick<UploadRow, 'phase' | 'pausing'>,
  allPaused = false,
): 'pause' | 'resume' | null {
  if (phase === 'failed' || phase === 'registered' || phase === 'review') return null
  return allPaused || phase === 'paused' || pausing?.isSingle ? 'resume' : 'pause'
}

/** Whether the place of an upload in the queue matters now or once it is resumed. */
export const hasPlaceInQueue = (phase: Phase): boolean =>
  phase === 'waiting' || phase === 'retrying' || phase === 'paused' || phase === 'failed'

/** Where the library has or will have a file; empty if its model has no path. Nothing was added at the path of a copy. */
export const libraryPathOf = ({ already, target }: Pick<UploadRow, 'already' | 'target'>): string =>
  already ? (already.path ?? '') : target.modelPath

/** The target with another type. A path in the folder of its type moves to the folder of the new type. */
export function withModelType(target: Target, modelType: string): Target {
  const folder = `models/${target.modelType}/`
  if (modelType === target.modelType || !target.modelPath.startsWith(folder)) return { ...target, modelType }
  const modelPath = cleanLibraryPath(`models/${modelType}/${target.modelPath.slice(folder.length)}`)
  return { ...target, modelType, modelPath }
}

/** The target of another file of the same model: its type and library folder, under its own name. */
export function targetBeside({ modelType, modelPath }: Partial<Target>, name: string): Partial<Target> {
  return {
    ...(modelType === undefined ? {} : { modelType }),
    ...(modelPath === undefined
      ? {}
      : { modelPath: cleanLibraryPath(`${modelPath.slice(0, modelPath.lastIndexOf('/') + 1)}${name}`) }),
  }
}

/** The sums of what is being paused; undefined if nothing is. */
export function pausingTotals(rows: readonly Pick<UploadRow, 'pausing'>[]): PausingTotals | undefined {
  const all = rows.flatMap(({ pausing }) => pausing ?? [])
  if (all.length === 0) return undefined
  return {
    uploadCount: all.length,
    finishingParts: all.reduce((sum, { finishingParts }) => sum + finishingParts, 0),
    unacknowledgedBytes: all.reduce((sum, { unacknowledgedBytes }) => sum + unacknowledgedBytes, 0),
  }
}

/** The sums of what is being paused if nothing else runs, else null. */
export function allPausing({ running, pausing }: Totals): PausingTotals | null {
  return pausing && pausing.uploadCount === running ? pausing : null
}

/** Whether everything that could upload is paused by the user, so that resuming is the action to offer. */
export function isAllPaused({ totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>): boolean {
  return allPaused || (totals.paused > 0 && totals.running + totals.waiting === 0)
}
