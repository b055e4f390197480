import { sep } from 'node:path'
import { failure, remedyOf, type Failure } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { Phase, Target } from '../contract/uploads.ts'
import {
  isSameTeam,
  isStarted,
  isStored,
  reviewIdOf,
  type TeamOfUpload,
  type UploadRecord,
} from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-phase.ts'
import type { ModelIndex } from '../library/model-index.ts'
import { freePath } from './free-path.ts'

/** What already has an upload's library path. */
export type PathConflict =
  | { readonly with: 'model'; readonly model: LibraryModel }
  | { readonly with: 'upload'; readonly other: UploadRecord }

/** An upload in the queue or in review, or a file that would be added. */
export interface PathUser {
  readonly record: UploadRecord
  readonly live: { readonly phase: Phase; readonly isRequested: boolean }
}

/**
 * The library paths of one team that are used by models or by uploads. Paths are compared without regard to
 * case.
 */
export interface UsedPaths {
  /**
   * A server may allow several models at one path: active ones come first, then those with the exact
   * spelling.
   */
  modelsAt(path: string): readonly LibraryModel[]
  /** The team's uploads to a path, in any phase but `registered`. */
  uploadsTo(path: string): readonly PathUser[]
}

/** `added` are files of the team without a row. */
export function usedPaths(
  models: ModelIndex,
  rows: Pick<Rows, 'toPath'>,
  team: TeamOfUpload,
  added: readonly UploadRecord[] = [],
): UsedPaths {
  const addedTo = Map.groupBy(added, ({ target }) => pathKey(target.modelPath))
  return {
    modelsAt: (path) => byPriority(models.atPath(path), path),
    uploadsTo(path) {
      const queued = rows
        .toPath(path)
        .filter(({ record, live }) => live.phase !== 'registered' && isSameTeam(record, team))
      const others = addedTo.get(pathKey(path)) ?? []
      return [
        ...queued,
        ...others.map((record) => ({ record, live: { phase: record.phase, isRequested: true } })),
      ]
    },
  }
}

const isActive = ({ status }: LibraryModel) => status === 'active'

function byPriority(models: readonly LibraryModel[], path: string): readonly LibraryModel[] {
  const priority = (model: LibraryModel) => (isActive(model) ? 2 : 0) + (model.modelPath === path ? 1 : 0)
  return [...models].sort((a, b) => priority(b) - priority(a))
}

/**
 * Whether `other` runs before an upload: it alone has started, or it comes first and is not stopped. At most
 * one of two uploads runs before the other, or both would wait forever. `compare` orders uploads before their
 * positions do. A file in review runs before others of the same review only.
 */
export function runsBefore(
  other: PathUser,
  record: UploadRecord,
  compare: (one: UploadRecord, other: UploadRecord) => number = () => 0,
): boolean {
  const { phase, isRequested } = other.live
  if (!isRequested || other.record.id === record.id || phase === 'registered' || phase === 'failed')
    return false
  const isOtherStarted = isStarted(other.record.state)
  if (isOtherStarted !== isStarted(record.state)) return isOtherStarted
  const byPosition = other.record.position - record.position
  const order = compare(other.record, record) || byPosition || (other.record.id < record.id ? -1 : 1)
  return isPending(other, record) && order < 0
}

function isPending({ live: { phase }, record: other }: PathUser, record: UploadRecord): boolean {
  if (phase === 'review')
    return record.phase === 'review' && reviewIdOf(record) === reviewIdOf(other) && mayBeApproved(other)
  return phase === 'waiting' || phase === 'retrying' || phase === 'paused' || isRunning(phase)
}

/** Whether a file in review can be approved as it is, or after the user has accepted its risk. */
const mayBeApproved = ({ failure: reason }: UploadRecord) => reason === null || remedyOf(reason) === 'allow'

/**
 * The model at an upload's path that is neither its own nor the one it replaces. If the path has an active
 * model and the one chosen to be replaced is not active, the choice does not apply.
 */
function conflictingModel(record: UploadRecord, paths: UsedPaths): LibraryModel | undefined {
  const models = paths.modelsAt(record.target.modelPath).filter((model) => !isOwnModel(record, model))
  const replaced = models.find(({ id }) => id === record.library?.replaces?.modelId)
  return replaced && (isActive(replaced) || !models.some(isActive)) ? undefined : models[0]
}

/**
 * Whether an earlier run registered this model and lost the response. A listing without storage keys is
 * compared by hash.
 */
function isOwnModel({ state }: UploadRecord, model: LibraryModel): boolean {
  if (!isStored(state)) return false
  return model.storageKey === null ? model.sha256 === state.sha256 : model.storageKey === state.storageKey
}

/**
 * What is at an upload's path with different bytes, or null. A file of the same size may have the same bytes,
 * which is no conflict unless `isHashed` says that the hashes were compared. Uploads in `passed` run and come
 * before others.
 */
export function findPathConflict(
  record: UploadRecord,
  paths: UsedPaths,
  isHashed: boolean,
  passed: ReadonlySet<string> = new Set(),
): PathConflict | null {
  const path = record.target.modelPath
  const mayBeSame = (sizeBytes: number | null) => !isHashed && sizeBytes === record.identity.sizeBytes
  const model = conflictingModel(record, paths)
  if (model && !mayBeSame(model.sizeBytes)) return { with: 'model', model }
  const other = paths
    .uploadsTo(path)
    .find(
      (row) =>
        (passed.has(row.record.id) || runsBefore(row, record)) && !mayBeSame(row.record.identity.sizeBytes),
    )
  return other ? { with: 'upload', other: other.record } : null
}

/** The failure shown on the row, with everything needed to choose what to do. */
export function pathConflictFailure(record: UploadRecord, conflict: PathConflict, paths: UsedPaths): Failure {
  const suggestion = freeTarget(record.target, paths).modelPath
  const path = record.target.modelPath
  if (conflict.with === 'upload') {
    const { identity, id } = conflict.other
    return failure('path-taken-here', {
      name: distinctName(conflict.other, record),
      path,
      suggestion,
      uploadId: id,
      theirBytes: identity.sizeBytes,
    })
  }
  const { displayName, id, status, sizeBytes, createdAtMs } = conflict.model
  return failure('path-taken', {
    name: displayName || path,
    path,
    suggestion,
    modelId: id,
    status,
    ...(sizeBytes === null ? {} : { theirBytes: sizeBytes }),
    ...(createdAtMs === null ? {} : { createdAtMs }),
  })
}

/** A file's name, with the folders that distinguish it from a file of the same name. */
function distinctName({ path }: UploadRecord, other: UploadRecord): string {
  const own = path.split(sep)
  const others = other.path.split(sep)
  let length = 1
  while (length < own.length && own.at(-length) === others.at(-length)) length += 1
  return own.slice(-length).join('/')
}

/**
 * The same target at the next free path. The name gets the path's number, so that both models can be
 * distinguished.
 */
export function freeTarget(target: Target, paths: UsedPaths): Target {
  const isTaken = (path: string) => paths.modelsAt(path).length > 0 || paths.uploadsTo(path).length > 0
  const modelPath = freePath(target.modelPath, isTaken)
  const number = /-(\d+)(?:\.[^./]*)?$/.exec(modelPath)?.[1] ?? '2'
  const displayName = `${target.displayName.replace(/ \(\d+\)$/, '')} (${number})`
  // At most 255 characters (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading).
  return {
    ...target,
    modelPath,
    displayName: [...displayName].length > 255 ? target.displayName : displayName,
  }
}
