import type { FoundGroup } from './model-groups.ts'
import type { Failure } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import type { Recognition } from '../contract/recognition.ts'

/** What tells whether a file is still the one that was looked at. */
export interface Identity {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly inode: bigint
}

/** Where a file was met. Only `path` is needed again later; the rest is evidence for what it is. */
export interface FileToInspect {
  readonly path: string
  /** As it was seen: a link's own name, not its target's. The last part of `path` unless given. */
  readonly name?: string
  /** Folders between what was dropped and the file, `/`-separated, with the dropped folder's own name; `''` for a dropped file. */
  readonly folder: string
  /** Absolute folder in which it was seen, links not resolved. The folder of `path` unless given. */
  readonly place?: string
  /** The model of several files that it belongs to. */
  readonly group?: FoundGroup
  /** Why it can't even be looked at. */
  readonly failure?: Failure | null
}

/** One file that was dropped, picked or found in a dropped folder. */
export interface FoundFile extends FileToInspect, Identity {
  /** Absolute, links resolved. */
  readonly path: string
  readonly name: string
  readonly place: string
  readonly device: bigint
  /** The file that was named, where this one only makes a model with it. */
  readonly along?: FoundFile
  readonly failure: Failure | null
}

/**
 * What a file is and where it should go. A refused file has both as well, so that it can be shown as a row; its failure
 * says why it isn't sent.
 */
export interface Inspection {
  readonly recognition: Recognition
  readonly target: Target
  readonly identity: Identity
  readonly failure: Failure | null
}

export const noIdentity: Identity = { sizeBytes: 0, mtimeNs: 0n, inode: 0n }
