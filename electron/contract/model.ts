import type { Failure } from './errors.ts'
import type { Pairing } from './pairing.ts'

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

/** A team as the server names it; ids are opaque and come in several shapes (NOTES.md, rule 2). */
export interface Team {
  readonly id: string
  readonly name: string
}

/** One sign-in. A `session` (e-mail and password) has many teams; a `device` (paired) has one. */
export interface Account {
  readonly id: string
  readonly kind: 'session' | 'device'
  readonly server: string
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly teams: readonly Team[]
  /** `signed-out`: known here, but its secret is gone or dead; its rows wait. */
  readonly state: 'ready' | 'signed-out'
  /** Signed out by the person, or left behind when somebody else signed in: hidden while somebody else is here. */
  readonly hasLeft?: boolean
}

/** Which team of which account something is for. */
export interface TeamChoice {
  readonly accountId: string
  readonly teamId: string
}

/** Whether secrets outlive this session: `absent` and `locked` mean they are held in memory only. */
export type KeychainState = 'ok' | 'absent' | 'locked'

export interface SessionView {
  readonly server: string
  readonly accounts: readonly Account[]
  readonly chosen: TeamChoice | null
  readonly keychain: KeychainState
  /** The pairing in the browser that is under way or just over, or null. */
  readonly pairing: Pairing | null
}

/** Where a model goes in the library: editable until its upload starts. */
export interface Target {
  /** 1–255 characters. */
  readonly displayName: string
  /** 1–50 characters: the ComfyUI models subdirectory, such as `checkpoints` or `loras`. */
  readonly modelType: string
  /** Relative library path under the server's pattern, see `libraryPathProblem`. */
  readonly modelPath: string
}

export type ModelFormat = 'safetensors' | 'gguf' | 'pytorch' | 'onnx' | 'other'

/** What a file is and why we think so; `unknown` never blocks. */
export interface Recognition {
  readonly format: ModelFormat
  /** The type that the evidence suggests, or null when nothing does. */
  readonly modelType: string | null
  /** Base model family in its own name (`SDXL`, `Flux.1`), or null. */
  readonly base: string | null
  /** Why: a message key under `reason.` with its parameters. */
  readonly reason: { readonly key: string; readonly params: Readonly<Record<string, string>> }
  /** Number of tensors in the header, or null when the format has no such header. */
  readonly tensorCount: number | null
  /** Most common element type by bytes, such as `F16`, or null. */
  readonly dtype: string | null
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
}

/** The sum of what runs; derived from the rows, never stored. */
export interface Totals {
  readonly running: number
  readonly waiting: number
  readonly needsYou: number
  readonly paused: number
  readonly registeredToday: number
  /** Over everything that runs or waits. */
  readonly totalBytes: number
  /** Acknowledged and in flight together, of `totalBytes`. */
  readonly movedBytes: number
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
}

/** Speed over time. Time in which nothing was being sent is left out, so that a pause of a night doesn't hide the day. */
export interface SpeedHistory {
  /** How long one point stands for; it doubles when the points are all used, so that any upload fits. */
  readonly stepMs: number
  /** Mean bytes a second of each step, oldest first, at most 240; the last step is under way. */
  readonly points: readonly number[]
}

/** How all of it flows: told once a second while something is being sent. */
export interface Flow {
  readonly speed: SpeedHistory
  /** PUTs under way, and how many may be at this moment. */
  readonly streamsInUse: number
  readonly streamsLimit: number
}

/** How a file goes to storage, piece by piece. A file that goes as one PUT is one part. */
export interface PartMap {
  /** Of every part but the last, which may be shorter. */
  readonly partSizeBytes: number
  /**
   * A letter for each part: `w` waits, `u` waits for its URL, `f` is in flight, `s` was sent, `b` was sent before this run.
   * Upper case: its bytes went out more than once.
   */
  readonly states: string
  /** How far the parts in flight have come; numbers count from 1. */
  readonly flying: readonly { readonly number: number; readonly bytes: number }[]
}

/** What is told of the one upload that the page watches, ten times a second at most. */
export interface UploadDetails {
  readonly id: string
  /** Null before it is known how the file goes. */
  readonly parts: PartMap | null
  readonly speed: SpeedHistory
}

/** `offline`: no server of ours shows a sign of life; all that waits goes on by itself once one does. */
export type LineState = 'ok' | 'offline'

/** Everything at once; patches with a number up to `sequence` are already in it. */
export interface Snapshot {
  readonly sequence: number
  readonly rows: readonly UploadRow[]
  readonly totals: Totals
  readonly flow: Flow
  /** True while the person has paused everything. */
  readonly allPaused: boolean
  readonly line: LineState
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
  readonly line: LineState
}

export interface SkippedFile {
  readonly name: string
  /** Message key under `skipped.`: `junk`, `not-a-model`, `loop`, `duplicate`, `outside-models`, `downloading`, `placeholder`. */
  readonly reason: string
}

/** What became of files that were dropped or picked. Refused files are rows of their own, with their failure. */
export interface AddReport {
  readonly added: number
  readonly refused: number
  readonly skipped: readonly SkippedFile[]
}

export interface HistoryPage {
  readonly rows: readonly UploadRow[]
  /** Pass it back for older entries, or null at the end. */
  readonly nextBeforeMs: number | null
}

export interface Settings {
  /** Base URL of the API, such as `https://core.cyberun.cloud/api/v1`. */
  readonly server: string
  /** Files that run at the same time, 1–8. */
  readonly atOnce: number
  /** Largest file that goes as one PUT, in bytes: the deployment's cap, which the API does not tell. */
  readonly singlePutLimitBytes: number
  /** No more than this goes out in a second, over all files; null for as fast as the line. */
  readonly limitBytesPerSecond: number | null
  /** Parallel PUTs that sending may grow to, 1–64, over all files. */
  readonly streamsMost: number
  readonly language: 'system' | 'en' | 'zh-Hans' | 'zh-Hant'
  readonly theme: 'system' | 'light' | 'dark'
  readonly dense: boolean
  /** What closing the window does: `ask` until the person was told once. */
  readonly onClose: 'ask' | 'keep-sending' | 'quit'
}

/** What the page needs to know once, before it draws. */
export interface Surroundings {
  readonly version: string
  readonly platform: 'linux' | 'darwin' | 'win32'
  /** The language in force, after `system` was resolved. */
  readonly locale: Locale
  readonly versions: Readonly<Record<string, string>>
}

export type Locale = 'en' | 'zh-Hans' | 'zh-Hant'
