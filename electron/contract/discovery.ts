import type { Team } from './account.ts'
import type { Failure } from './failures.ts'

/** A program that stores models on this computer, or the file that lists more folders. */
export type PlaceKind =
  | 'comfyui'
  | 'a1111'
  | 'stability-matrix'
  | 'invokeai'
  | 'swarmui'
  | 'fooocus'
  | 'hugging-face'
  | 'extra-paths'

/** A model or file that a confirmation lists. */
export interface ListedItem {
  readonly name: string
  /** Where it is: in the library, or on this computer if it is uploaded from there; null if not known. */
  readonly path: string | null
  readonly sizeBytes: number | null
}

/** The confirmation before uploading files that the app found. */
export interface UploadConfirmation {
  readonly count: number
  readonly sizeBytes: number
  /** The files, or the first of them. */
  readonly items?: readonly ListedItem[]
  readonly team: string
  readonly server: string
}

/**
 * What the team has of a model on this computer: it has the same bytes (by hashes that are known), a model of
 * the same name and size, an upload of this file, or nothing that is known.
 */
export type FoundModelState = 'in-library' | 'same-name-and-size' | 'queued' | 'new'

/** A model file on this computer, or the folder of a diffusers model. No file is opened to list it. */
export interface FoundModelView {
  readonly id: string
  readonly name: string
  /** Its folder for display: below that of the place, or a path. */
  readonly folder: string
  /** As the folders suggest; null if none does. */
  readonly modelType: string | null
  readonly sizeBytes: number
  readonly fileCount: number
  readonly state: FoundModelState
}

/** A folder with models on this computer. `where` is for display (`~/ComfyUI/models`); calls take the id. */
export interface FoundPlaceView {
  readonly id: string
  /** Another number when its models have changed. */
  readonly version: number
  readonly kind: PlaceKind
  readonly where: string
  readonly modelCount: number
  readonly sizeBytes: number
  /** Models of which the team has something: all but those that are `new`. */
  readonly presentCount: number
  /** False when the search did not cover all of it. */
  readonly isWhole: boolean
  /** Folders in it that could not be read. */
  readonly unreadableCount: number
  /** The first of them, for display. */
  readonly unreadable: readonly string[]
  /** A cache of another program, which is shown but can't be uploaded: its files have no names. */
  readonly isInformation: boolean
}

export interface FoundPlacesView {
  /** `idle`: not searched yet; `stopped`: by the user; `late`: ended by a time limit. */
  readonly state: 'idle' | 'looking' | 'stopped' | 'late' | 'done'
  readonly places: readonly FoundPlaceView[]
  readonly library: ComparedLibrary
}

/** The library that found models are compared with. */
export interface ComparedLibrary {
  /** Null while the user has no team, or has to choose one of several. */
  readonly team: Team | null
  readonly isListing: boolean
  /** Why the library couldn't be listed, or listed again, or null. */
  readonly failure: Failure | null
  /** When the models that are compared were listed (ms since the epoch), or null if none are known. */
  readonly listedAtMs: number | null
}

/**
 * Where a needed model is: in the library, in the queue, failed to upload, on this computer, or not found.
 */
export type NeededModelState = 'in-library' | 'queued' | 'failed' | 'here' | 'nowhere'

/** Why the search of a folder is incomplete: too many files, too slow, or not readable. */
export type IncompleteScan = 'too-many' | 'too-slow' | 'unreadable'

export interface NeededModelView {
  readonly id: string
  /** As in the workflow: `faces/grain.safetensors`. */
  readonly name: string
  /** The type that its node loads, or null if unknown. */
  readonly modelType: string | null
  /** A folder in diffusers format. */
  readonly isFolder: boolean
  readonly stand: NeededModelState
  /** How the file in the library or on this computer was identified; `name` alone may be another model. */
  readonly by: 'hash' | 'path' | 'name' | 'hand' | null
  /** The team's model is disabled: agents don't receive it. */
  readonly isDisabled: boolean
  /** All nodes that use it are switched off. */
  readonly isOff: boolean
  /** Path on this computer, for display, or null. */
  readonly where: string | null
  readonly sizeBytes: number | null
  /** Download address in the workflow. It is never opened. */
  readonly url: string | null
  /** The upload that has failed, and why. */
  readonly failed: { readonly uploadId: string; readonly failure: Failure } | null
}

/** Whether it's unknown which models a library has: it can't be listed, and no earlier list was kept. */
export const isLibraryUnknown = (listFailure: Failure | null, listedAtMs: number | null): boolean =>
  listFailure !== null && listedAtMs === null

/** The models that a workflow needs, with the results so far. */
export interface WorkflowView {
  readonly id: string
  readonly fileName: string
  /** The team whose library was searched; null without a sign-in. */
  readonly team: Team | null
  /** This computer is still being searched. */
  readonly isLooking: boolean
  /** Why the team's library couldn't be listed, or listed again, or null. */
  readonly libraryFailure: Failure | null
  /** When the library's models were listed (ms since the epoch), or null if none are known. */
  readonly libraryListedAtMs: number | null
  /** Folders that were not searched completely, for display. */
  readonly unseen: readonly { readonly where: string; readonly why: IncompleteScan }[]
  /** False when the search of the well-known places was stopped or took too long. */
  readonly isUsualSeen: boolean
  readonly needs: readonly NeededModelView[]
}
