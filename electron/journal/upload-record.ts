import { teamKey, type Team } from '../contract/account.ts'
import { remedyOf, type Failure } from '../contract/failures.ts'
import type { LibraryRelation, OnConflict } from '../contract/library.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { Target } from '../contract/uploads.ts'
import type { Verification } from '../contract/verification.ts'
import type { FileIdentity } from '../platform/files/file-identity.ts'
import type { FoundFile } from '../recognition/found-file.ts'
import type { StoredPhase } from './upload-phase.ts'

/** A multipart upload in storage. Its part size never changes. */
export interface Multipart {
  readonly uploadId: string
  readonly storageKey: string
  readonly partSizeBytes: number
  /**
   * Completing was requested: if the server no longer has the upload, it may have completed it and lost the
   * response.
   */
  readonly completing?: true
}

/** Nothing is in storage yet that the next run could use. */
export interface QueuedState {
  readonly kind: 'queued'
  /** A run has sent bytes, which restart at 0. */
  readonly started: boolean
}

/** Parts are being sent; the acknowledged ones are in the table of parts. */
export interface MultipartOpenState {
  readonly kind: 'multipart-open'
  readonly multipart: Multipart
}

interface StoredObject {
  readonly storageKey: string
  readonly sha256: string
  /** The multipart upload that the object was sent with; null when it was sent as one PUT. */
  readonly multipart: Multipart | null
}

/** Storage has acknowledged the whole object: only registering is left. */
export interface StoredState extends StoredObject {
  readonly kind: 'stored'
}

/** The new model is registered; the model that it replaces is still to be disabled or deleted. */
export interface ReplacingState extends StoredObject {
  readonly kind: 'replacing'
  readonly modelId: string
}

export interface RegisteredState extends StoredObject {
  readonly kind: 'registered'
  readonly modelId: string
  readonly finishedAtMs: number
  /** Absent from records of older versions. */
  readonly verification?: Verification
}

/** The library has a model with the same bytes, so no more was sent. */
export interface DuplicateState {
  readonly kind: 'duplicate'
  readonly sha256: string
  readonly modelId: string
  readonly finishedAtMs: number
  /** Only that this app has deleted the model. */
  readonly verification?: Verification
}

/** How far an upload has come, as stored in the journal. */
export type UploadState =
  | QueuedState
  | MultipartOpenState
  | StoredState
  | ReplacingState
  | RegisteredState
  | DuplicateState

/** How a file was found and what was suggested for it, for inspecting it again later. */
export interface FoundAs extends Pick<FoundFile, 'place' | 'group' | 'boundary' | 'isNamed'> {
  /** The suggested target: everything that differs from it was entered by the user. */
  readonly target: Target
  /** The type that the user has given to similar files instead of this suggestion. */
  readonly offeredType?: string
  /** The app has found it, as opposed to the user: approving it in a review needs a native dialog. */
  readonly isFound?: true
  /** The review of the files that were added together; absent from records of older versions. */
  readonly review?: string
}

/** An upload as stored in the journal. Presigned URLs are kept in memory only. */
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
  /** The user confirmed the upload of a file that can run code when it is loaded. In review it keeps its failure. */
  readonly allowed: boolean
  /** `registered` if and only if the state is `registered` or `duplicate`. */
  readonly phase: StoredPhase
  readonly failure: Failure | null
  readonly state: UploadState
  /** Conflicts with the team's library; absent while there are none. */
  readonly library?: LibraryRelation | undefined
  /** Absent from records of older versions. */
  readonly seen?: FoundAs | undefined
  readonly addedAtMs: number
}

/** The id of the review that a file is or would be in. */
export const reviewIdOf = ({ seen }: UploadRecord): string => seen?.review ?? ''

/** Whether the app has found its file: the user has not picked it, so that a page alone must not upload it. */
export const isFound = ({ seen }: UploadRecord): boolean => seen?.isFound === true

/** An upload whose model is in the library. */
export interface RegisteredRecord extends UploadRecord {
  readonly state: RegisteredState | DuplicateState
}

/** An upload that has put its model into the library. */
export interface RegisteredUpload extends UploadRecord {
  readonly state: RegisteredState
}

/** What may change in a record after it was written. */
export type RecordChange = Partial<Omit<UploadRecord, 'id' | 'path' | 'fileName' | 'folder' | 'addedAtMs'>>

/** Whether a file in review can be queued: nothing is wrong with it, or the user has accepted what was found. */
export const isApprovable = ({ failure: found, allowed }: UploadRecord): boolean =>
  found === null || (allowed && remedyOf(found) === 'allow')

/** The team that an upload is for. */
export type TeamOfUpload = Pick<UploadRecord, 'accountId' | 'team'>

/** Equal for uploads to the same team on the same server, for any of a user's accounts. */
const teamKeyOf = ({ accountId, team }: TeamOfUpload) => teamKey({ accountId, teamId: team.id })

/** Whether two uploads are for the same team on the same server. */
export function isSameTeam(one: TeamOfUpload, other: TeamOfUpload): boolean {
  if (one.team.id !== other.team.id) return false
  return one.accountId === other.accountId || teamKeyOf(one) === teamKeyOf(other)
}

/** The team of files in review while the user has still to choose one. */
export const undecidedTeam: Team = { id: '', name: '' }

export const isUndecided = (team: Team) => team.id === undecidedTeam.id

/** Whether a run has sent bytes that were not discarded since. */
export function isStarted(state: UploadState): boolean {
  switch (state.kind) {
    case 'queued':
      return state.started
    case 'duplicate':
      return false
    case 'multipart-open':
    case 'stored':
    case 'replacing':
    case 'registered':
      return true
  }
}

/** Whether storage has acknowledged the whole object. */
export function isStored(state: UploadState): state is StoredState | ReplacingState | RegisteredState {
  return state.kind === 'stored' || state.kind === 'replacing' || state.kind === 'registered'
}

/** What is decided for a taken library path. */
export const onConflictOf = ({ library }: Pick<UploadRecord, 'library'>): OnConflict =>
  library?.onConflict ?? 'ask'

export function isRegistered(record: UploadRecord): record is RegisteredRecord {
  return record.state.kind === 'registered' || record.state.kind === 'duplicate'
}

export function isRegisteredUpload(record: UploadRecord): record is RegisteredUpload {
  return record.state.kind === 'registered'
}

/** How the library's record compares with the file, as far as known. */
export function verificationOf(state: UploadState): Verification | undefined {
  return 'verification' in state ? state.verification : undefined
}

/** Whether the library's record is still to be compared with the file. */
export function isUnverified(state: UploadState): boolean {
  const verification = verificationOf(state)
  return verification?.kind === 'pending' || (verification?.kind === 'not-verified' && !verification.isFinal)
}

/** The multipart upload that is open, or that the stored object was sent with. */
export function multipartOf(state: UploadState): Multipart | null {
  return 'multipart' in state ? state.multipart : null
}

/** The id of the model that the upload has become, or null. */
export function modelIdOf(state: UploadState): string | null {
  return 'modelId' in state ? state.modelId : null
}
