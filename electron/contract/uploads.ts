import { failure, type Failure } from './failures.ts'
import { libraryPathProblem } from './library-path.ts'
import type { Team } from './account.ts'
import type { AlreadyThere, Replacing } from './library.ts'
import type { TransferSpeed } from './upload-details.ts'
import type { Recognition } from './recognition.ts'

/**
 * Where an upload stands, in the person's words: Waiting, Checking, Sending, Finishing, Registering, In the library;
 * Paused, Needs you. `retrying` is Waiting after trouble that mends itself; its failure says what it waits for.
 */
export type Phase =
  | 'waiting'
  | 'checking'
  | 'sending'
  | 'finishing'
  | 'registering'
  | 'registered'
  | 'retrying'
  | 'paused'
  | 'failed'

/** Where a model goes in the library: editable until its upload starts. */
export interface Target {
  /** 1–255 characters. */
  readonly displayName: string
  /** 1–50 characters: the ComfyUI models subdirectory, such as `checkpoints` or `loras`. */
  readonly modelType: string
  /** Relative library path under the server's pattern, see `libraryPathProblem`. */
  readonly modelPath: string
}

/** One upload as the page sees it: a whole value, replaced and never mutated. Paths on this computer are not in it. */
export interface UploadRow {
  readonly id: string
  /** Rows run in ascending order; "move to top" gives a smaller number. Not dense, may be negative. */
  readonly position: number
  readonly fileName: string
  /** Folders between what was dropped and the file, `/`-separated, or `''`. */
  readonly folder: string
  readonly sizeBytes: number
  readonly accountId: string
  readonly team: Team
  readonly target: Target
  readonly recognition: Recognition
  readonly phase: Phase
  /** True once bytes have gone out: the target stays as it is unless the failure's remedy is to edit it. */
  readonly started: boolean
  /** Acknowledged by storage. */
  readonly sentBytes: number
  /** Handed to the socket and not yet acknowledged: shown lighter. */
  readonly inFlightBytes: number
  /** Bytes of the file hashed so far (SHA-256 runs beside the upload). */
  readonly hashedBytes: number
  /** Moving average, or null while it means nothing. */
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
  readonly failure: Failure | null
  /** When it will try again by itself (ms since the epoch), or null. */
  readonly retryAtMs: number | null
  readonly addedAtMs: number
  readonly finishedAtMs: number | null
  readonly sha256: string | null
  readonly storageKey: string | null
  readonly modelId: string | null
  /** The model that had its bytes already: nothing of it was sent. Absent for what was sent. */
  readonly already?: AlreadyThere | undefined
  /** The model whose place it takes. */
  readonly replaces?: Replacing | undefined
}

/** The sum of what runs; derived from the rows, never stored. */
export interface Totals {
  readonly running: number
  readonly waiting: number
  readonly needsYou: number
  readonly paused: number
  /** All of today, whether or not the list still has room for them. */
  readonly registeredToday: number
  /** Over everything that runs or waits, and what did before it since nothing last ran or waited. */
  readonly totalBytes: number
  /** Of `totalBytes`, acknowledged and in flight together. Files that end, in whatever way, never make their share fall. */
  readonly movedBytes: number
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
}

/** `offline`: no server of ours shows a sign of life; all that waits goes on by itself once one does. */
export type ConnectivityState = 'ok' | 'offline'

/** Everything at once; patches with a number up to `sequence` are already in it. */
export interface Snapshot {
  readonly sequence: number
  readonly rows: readonly UploadRow[]
  readonly totals: Totals
  readonly flow: TransferSpeed
  /** True while the person has paused everything. */
  readonly allPaused: boolean
  readonly line: ConnectivityState
  /** Name of the file to which a damaged queue was set aside at this start, or null. */
  readonly journalSetAside: string | null
}

/** What changed since the patch before. A gap in `sequence` means: ask for the snapshot again. */
export interface Patch {
  readonly sequence: number
  readonly changed: readonly UploadRow[]
  readonly removed: readonly string[]
  readonly totals: Totals
  readonly allPaused: boolean
  readonly line: ConnectivityState
}

export interface SkippedFile {
  readonly name: string
  /** Message key under `skipped.`: `junk`, `not-a-model`, `loop`, `duplicate`, `outside-models`, `downloading`, `placeholder`, `no-workflow`, … */
  readonly reason: string
}

/** What became of files that were dropped or picked. Refused files are rows of their own, with their failure. */
export interface AddReport {
  readonly added: number
  readonly refused: number
  readonly skipped: readonly SkippedFile[]
  /** Id of the workflow that was among them, see `WorkflowView`. */
  readonly workflow?: string
  /** A file among them named folders of models, which stand in `FindingView` now. */
  readonly hasFoundPlaces?: true
}

export interface HistoryPage {
  readonly rows: readonly UploadRow[]
  /** Pass it back for older entries, or null at the end. */
  readonly nextBeforeMs: number | null
}

/** Why the server would reject a target (lengths and pattern from openapi.yaml), or null. */
export function targetFailure({ displayName, modelType, modelPath }: Target): Failure | null {
  if (displayName.trim() === '' || [...displayName].length > 255) return failure('target-name')
  if (modelType.trim() === '' || [...modelType].length > 50) return failure('target-type')
  if (libraryPathProblem(modelPath) !== null) return failure('target-path')
  return null
}

/** Whether everything that could upload is paused by the user, so that resuming is the action to offer. */
export function isAllPaused({ totals, allPaused }: Pick<Snapshot, 'totals' | 'allPaused'>): boolean {
  return allPaused || (totals.paused > 0 && totals.running + totals.waiting === 0)
}
