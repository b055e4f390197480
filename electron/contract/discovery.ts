import type { Team } from './account.ts'
import type { Failure } from './failures.ts'

/** A program that keeps models on this computer, or the file that names further folders. */
export type PlaceKind =
  | 'comfyui'
  | 'a1111'
  | 'stability-matrix'
  | 'invokeai'
  | 'swarmui'
  | 'fooocus'
  | 'hugging-face'
  | 'extra-paths'

/** What the person is asked before files go that the app has found and nobody has picked. */
export interface UploadQuestion {
  readonly count: number
  readonly sizeBytes: number
  readonly team: string
  readonly server: string
}

/** Models of one type in a found place; a type that no folder tells is null. */
export interface FoundGroup {
  readonly modelType: string | null
  readonly count: number
  readonly sizeBytes: number
}

/**
 * A folder with models on this computer. The page names it by its id; `where` is for the person to read (`~/ComfyUI/models`),
 * and no call takes it.
 */
export interface FoundPlaceView {
  readonly id: string
  readonly kind: PlaceKind
  readonly where: string
  /** Largest first. */
  readonly groups: readonly FoundGroup[]
  /** False when there was more than could be looked at. */
  readonly isWhole: boolean
  /** Caches of other programs are shown and not offered: their files have no names of their own. */
  readonly isInformation: boolean
}

export interface FindingView {
  /** `idle`: nobody has looked yet; `stopped`: by the person; `late`: it took too long, and was ended. */
  readonly state: 'idle' | 'looking' | 'stopped' | 'late' | 'done'
  readonly places: readonly FoundPlaceView[]
}

/**
 * Where a model that a workflow names is: the team has it, it is on its way, its upload has failed, it is on this computer, or it
 * is not to be found.
 */
export type NeededModelState = 'in-library' | 'queued' | 'failed' | 'here' | 'nowhere'

/** Why a folder was not looked through to its end: it has too much in it, it was too slow, or it can't be read. */
export type CutShort = 'too-many' | 'too-slow' | 'unreadable'

export interface NeededModelView {
  readonly id: string
  /** As the workflow writes it: `faces/grain.safetensors`. */
  readonly name: string
  /** The type that its node asks for, or null when nothing tells. */
  readonly modelType: string | null
  /** It is a folder in the form of diffusers, and no single file. */
  readonly isFolder: boolean
  readonly stand: NeededModelState
  /** What the team's or this computer's file was recognised by; a name alone may be another model. */
  readonly by: 'hash' | 'path' | 'name' | 'hand' | null
  /** The team's model is there and disabled: agents don't get it. */
  readonly isDisabled: boolean
  /** The nodes that name it are switched off. */
  readonly isOff: boolean
  /** Where it lies on this computer, for the person to read, or null. */
  readonly where: string | null
  readonly sizeBytes: number | null
  /** Where the workflow says that it can be had. It is never fetched. */
  readonly url: string | null
  /** The upload that has failed, and why. */
  readonly failed: { readonly uploadId: string; readonly failure: Failure } | null
}

/** What a dropped workflow needs, as far as is known by now. */
export interface WorkflowView {
  readonly id: string
  readonly fileName: string
  /** The team whose library was looked at; null when nobody is signed in. */
  readonly team: Team | null
  /** This computer is still being looked through. */
  readonly isLooking: boolean
  /** Why the team's library couldn't be listed, or null. */
  readonly libraryFailure: Failure | null
  /** Folders that could not be looked through to their end, for the person to read. */
  readonly unseen: readonly { readonly where: string; readonly why: CutShort }[]
  /** False when looking in the usual places was stopped, or took too long. */
  readonly isUsualSeen: boolean
  readonly needs: readonly NeededModelView[]
}
