import type { FoundGroup } from './model-groups.ts'
import type { Failure } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'

/** A file and how it was found. Only `path` is needed to read it; the rest is evidence for what it is. */
export interface FileToInspect {
  readonly path: string
  /**
   * Name of the directory entry: a link's own name, not its target's. Defaults to the last part of `path`.
   */
  readonly name?: string
  /** Folders from the dropped folder (included) to the file, `/`-separated; `''` for a dropped file. */
  readonly folder: string
  /** Absolute folder of the directory entry, links not resolved. Defaults to the folder of `path`. */
  readonly place?: string
  /** The model of several files that it is part of. */
  readonly group?: FoundGroup
  /**
   * Absolute folder, with links resolved, that the user added. A file outside of it was found through a link: it must
   * be recognised by its bytes, and the user decides about it. Absent where any file is accepted.
   */
  readonly boundary?: string
  /** The user has added the file itself, so that a link to a recognised model needs no decision. */
  readonly isNamed?: true
  /** Reads the header only: no samples and no descriptions, which only an upload needs. */
  readonly isHeaderOnly?: true
  /** Why it can't be inspected. */
  readonly failure?: Failure | null
}

/** One file that was dropped, picked or found in a dropped folder. */
export interface FoundFile extends FileToInspect, FileIdentity {
  /** Absolute, links resolved. */
  readonly path: string
  readonly name: string
  readonly place: string
  readonly device: bigint
  /** The dropped file that this one was added for, as a part of the same model. */
  readonly requiredBy?: FoundFile
  readonly failure: Failure | null
}

/** What a file is and its suggested target. A refused file has both too, so that it can be shown in a row. */
export interface Inspection {
  readonly recognition: Recognition
  readonly target: Target
  readonly identity: FileIdentity
  /** Why the file is refused, or null. */
  readonly failure: Failure | null
}

export const unknownIdentity: FileIdentity = { sizeBytes: 0, mtimeNs: 0n, inode: 0n }
