import { randomUUID } from 'node:crypto'
import type { Team } from '../contract/account.ts'
import type { FailureCode } from '../contract/failures.ts'
import type { OnConflict } from '../contract/library.ts'
import { targetBeside, withModelType, type Target } from '../contract/uploads.ts'
import type { FoundAs, UploadRecord } from '../journal/upload-record.ts'
import type { FoundFile, Inspection } from '../recognition/found-file.ts'

/** What the records of added files get from the request that adds them. */
export interface RecordRequest {
  /** Overrides the suggested target of every file. A suggested path follows the type. */
  readonly target?: Partial<Target>
  /** Overrides it for single files; takes precedence over `target`. */
  readonly targetOf?: ((file: FoundFile) => Partial<Target>) | undefined
  /** The failures that the user has accepted beforehand. */
  readonly allow?: ReadonlySet<FailureCode>
  /** Instead of the setting, for library paths that are in use. */
  readonly onConflict?: OnConflict
  /** The app has found the files; a native dialog asks before they leave the review. */
  readonly isFound?: boolean
}

interface RecordOptions extends RecordRequest {
  readonly accountId: string
  readonly team: Team
  /** Of the review that the file is in, if it is reviewed. */
  readonly reviewId: string
  readonly position: number
  readonly addedAtMs: number
}

/** The record of a file that was inspected and is not in the queue yet. */
export function createRecord(
  file: FoundFile,
  { recognition, target, identity, failure: reason }: Inspection,
  options: RecordOptions,
): UploadRecord {
  const { accountId, team, onConflict, position, addedAtMs } = options
  const isAllowed = reason !== null && options.allow?.has(reason.code) === true
  const failure = isAllowed ? null : reason
  const requested = requestedTarget(file, options)
  return {
    id: randomUUID(),
    position,
    path: file.path,
    fileName: file.name,
    folder: file.folder,
    identity,
    accountId,
    team,
    target: { ...withModelType(target, requested.modelType ?? target.modelType), ...requested },
    recognition,
    allowed: isAllowed,
    phase: failure === null ? 'waiting' : 'failed',
    failure,
    state: { kind: 'queued', started: false },
    seen: {
      ...foundAs(file),
      target,
      ...(options.isFound ? { isFound: true } : {}),
      review: options.reviewId,
    },
    addedAtMs,
    ...(onConflict && onConflict !== 'ask' ? { library: { onConflict } } : {}),
  }
}

/**
 * What the request says about a file. A companion file gets the type and folder of the file it belongs to,
 * and its own name.
 */
function requestedTarget(file: FoundFile, { target, targetOf }: RecordRequest): Partial<Target> {
  const { requiredBy } = file
  if (requiredBy === undefined) return { ...target, ...targetOf?.(file) }
  return targetBeside({ ...target, ...targetOf?.(requiredBy) }, file.name)
}

/** How a file was found, for its record. */
export function foundAs({ place, group, boundary, isNamed }: FoundFile): Omit<FoundAs, 'target'> {
  return {
    place,
    ...(group ? { group } : {}),
    ...(boundary === undefined ? {} : { boundary }),
    ...(isNamed ? { isNamed } : {}),
  }
}
