import type { Failure } from '../contract/failures.ts'
import type { Team } from '../contract/account.ts'
import type { Target } from '../contract/uploads.ts'
import type { LibraryPart } from '../contract/library.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { FoundFile } from '../recognition/found-file.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { StoredPhase } from './upload-state.ts'

/** A multipart upload that storage has open for us. Its part size never changes. */
export interface Multipart {
  readonly uploadId: string
  readonly storageKey: string
  readonly partSizeBytes: number
  /** Completing was asked for: a server that no longer knows the upload may have joined it. */
  readonly completing?: true
}

/** How a file was met and what it suggested by itself: what a later look at it has to know. */
export interface FoundAs extends Pick<FoundFile, 'place' | 'group'> {
  /** Where it would have gone if nobody had said anything: what differs from it was said by a person. */
  readonly target: Target
}

/** An upload as the journal keeps it. Presigned URLs are not in it: they live in memory only. */
export interface UploadRecord {
  readonly id: string
  readonly position: number
  /** Absolute path on this computer. */
  readonly path: string
  readonly fileName: string
  readonly folder: string
  readonly identity: FileIdentity
  readonly accountId: string
  readonly team: Team
  readonly target: Target
  readonly recognition: Recognition
  /** The person has seen what the file can do when it is loaded, and sends it all the same. */
  readonly allowed: boolean
  readonly phase: StoredPhase
  readonly started: boolean
  readonly failure: Failure | null
  readonly multipart: Multipart | null
  /** Set, with `sha256`, once storage has acknowledged the whole object: from then on only registering is left. */
  readonly storageKey: string | null
  readonly sha256: string | null
  readonly modelId: string | null
  /** What it has to do with what the team has already; absent while it has nothing. */
  readonly library?: LibraryPart | undefined
  /** Absent from what an older version wrote down. */
  readonly seen?: FoundAs | undefined
  readonly addedAtMs: number
  readonly finishedAtMs: number | null
}

/** What may change in a record after it was written. */
export type RecordChange = Partial<Omit<UploadRecord, 'id' | 'path' | 'fileName' | 'folder' | 'addedAtMs'>>
