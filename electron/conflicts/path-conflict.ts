import { teamKey } from '../contract/account.ts'
import { failure, type Failure } from '../contract/failures.ts'
import { freePath } from './free-path.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { Target } from '../contract/uploads.ts'
import { isStarted, isStored, type UploadRecord } from '../journal/upload-record.ts'
import type { Row, Rows } from '../journal/rows.ts'
import { isRunning } from '../journal/upload-state.ts'

/** What has an upload's library path already. */
export type PathConflict =
  | { readonly with: 'model'; readonly model: LibraryModel }
  | { readonly with: 'upload'; readonly other: UploadRecord }

/** The paths of one team, in whatever case: those of its models, and those that uploads are on their way to. */
export interface UsedPaths {
  /** A server may allow several: what agents get of them comes first, then what is spelt alike. */
  modelsAt(path: string): readonly LibraryModel[]
  /** Uploads of the team to a path, whatever they are doing. */
  uploadsTo(path: string): readonly Row[]
}

type OfTeam = Pick<UploadRecord, 'accountId' | 'team'>
const keyOf = ({ accountId, team }: OfTeam) => teamKey({ accountId, teamId: team.id })
const isAt = (path: string) => {
  const key = pathKey(path)
  return (other: string) => pathKey(other) === key
}

/** Whether two uploads are for one team of one server. */
export const isSameTeam = (one: OfTeam, other: OfTeam): boolean => keyOf(one) === keyOf(other)

/** A team's paths for one upload: looked through, since gathering them would cost more. */
export function pathsToSearch(models: readonly LibraryModel[], rows: Rows, of: OfTeam): UsedPaths {
  return {
    modelsAt(path) {
      const isThere = isAt(path)
      return inOrder(
        models.filter(({ modelPath }) => modelPath !== null && isThere(modelPath)),
        path,
      )
    },
    uploadsTo(path) {
      const key = pathKey(path)
      return uploadsOf(rows, of, ({ target }) => keyOfTarget(target) === key)
    },
  }
}

const isActive = ({ status }: LibraryModel) => status === 'active'

function inOrder(models: readonly LibraryModel[], path: string): readonly LibraryModel[] {
  const rank = (model: LibraryModel) => (isActive(model) ? 2 : 0) + (model.modelPath === path ? 1 : 0)
  return [...models].sort((a, b) => rank(b) - rank(a))
}

/** Each of ten thousand waiting files looks through all others: what costs something is asked last, or remembered. */
function uploadsOf(rows: Rows, of: OfTeam, wanted = (_record: UploadRecord) => true): Row[] {
  return rows.ids().flatMap((id) => {
    const row = rows.get(id)
    if (!row || row.live.phase === 'registered' || !wanted(row.record)) return []
    return isSameTeam(row.record, of) ? [row] : []
  })
}

const keysOfTargets = new WeakMap<Target, string>()

function keyOfTarget(target: Target): string {
  const known = keysOfTargets.get(target)
  if (known !== undefined) return known
  const key = pathKey(target.modelPath)
  keysOfTargets.set(target, key)
  return key
}

/** Gathers a team's paths once, for as many uploads as have to be looked at. */
export function usedPaths(models: readonly LibraryModel[], rows: Rows, of: OfTeam): UsedPaths {
  const modelsAt = Map.groupBy(models, ({ modelPath }) => (modelPath === null ? null : pathKey(modelPath)))
  const uploadsTo = Map.groupBy(uploadsOf(rows, of), ({ record }) => pathKey(record.target.modelPath))
  return {
    modelsAt: (path) => inOrder(modelsAt.get(pathKey(path)) ?? [], path),
    uploadsTo: (path) => uploadsTo.get(pathKey(path)) ?? [],
  }
}

/**
 * Whether `other` goes before an upload: it alone has begun, or stands before it and doesn't stand still. Of two uploads one at
 * most goes before the other, or both would wait for ever.
 */
export function runsBefore(other: Row, record: UploadRecord): boolean {
  const { phase } = other.live
  if (other.record.id === record.id || phase === 'registered' || phase === 'failed') return false
  const isOtherStarted = isStarted(other.record.state)
  if (isOtherStarted !== isStarted(record.state)) return isOtherStarted
  const isOnItsWay = phase === 'waiting' || phase === 'retrying' || phase === 'paused' || isRunning(phase)
  const { position, id } = other.record
  return isOnItsWay && (position < record.position || (position === record.position && id < record.id))
}

/**
 * The model at an upload's path that is neither its own nor the one whose place it takes. Where agents get another one of those
 * at the path than was chosen, the choice was about the wrong one.
 */
function strangerAt(record: UploadRecord, paths: UsedPaths): LibraryModel | undefined {
  const there = paths.modelsAt(record.target.modelPath).filter((model) => !isOwn(record, model))
  const chosen = there.find(({ id }) => id === record.library?.replaces?.modelId)
  const [first] = there
  return chosen && (isActive(chosen) || !first || !isActive(first)) ? undefined : first
}

/** What an earlier run registered without hearing of it is no stranger; a list without keys tells it by its bytes. */
function isOwn({ state }: UploadRecord, model: LibraryModel): boolean {
  if (!isStored(state)) return false
  return model.storageKey === null ? model.sha256 === state.sha256 : model.storageKey === state.storageKey
}

/**
 * What stands at an upload's path with other bytes, or null. Bytes of the same size may be the same: those are for whoever
 * has the hash, unless `isHashed` says that they were told apart.
 */
export function findPathConflict(
  record: UploadRecord,
  paths: UsedPaths,
  isHashed: boolean,
): PathConflict | null {
  const path = record.target.modelPath
  const mayBeSame = (sizeBytes: number | null) => !isHashed && sizeBytes === record.identity.sizeBytes
  const model = strangerAt(record, paths)
  if (model && !mayBeSame(model.sizeBytes)) return { with: 'model', model }
  const other = paths
    .uploadsTo(path)
    .find((row) => runsBefore(row, record) && !mayBeSame(row.record.identity.sizeBytes))
  return other ? { with: 'upload', other: other.record } : null
}

/** The sentence on the row, with all that the person needs to choose. */
export function pathConflictFailure(record: UploadRecord, clash: PathConflict, paths: UsedPaths): Failure {
  const suggestion = freeTarget(record.target, paths).modelPath
  const path = record.target.modelPath
  if (clash.with === 'upload') {
    const { fileName, identity, id } = clash.other
    return failure('path-taken-here', {
      ...{ name: fileName, path, suggestion, uploadId: id, theirBytes: identity.sizeBytes },
    })
  }
  const { displayName, id, status, sizeBytes, createdAtMs } = clash.model
  return failure('path-taken', {
    ...{ name: displayName || path, path, suggestion, modelId: id, status },
    ...(sizeBytes === null ? {} : { theirBytes: sizeBytes }),
    ...(createdAtMs === null ? {} : { createdAtMs }),
  })
}

/** The same target under the next free path, and with its number in the name, so that both can be told apart. */
export function freeTarget(target: Target, paths: UsedPaths): Target {
  const isTaken = (path: string) => paths.modelsAt(path).length > 0 || paths.uploadsTo(path).length > 0
  const modelPath = freePath(target.modelPath, isTaken)
  const number = /-(\d+)(?:\.[^./]*)?$/.exec(modelPath)?.[1] ?? '2'
  const displayName = `${target.displayName.replace(/ \(\d+\)$/, '')} (${number})`
  // openapi.yaml, DisplayName: at most 255 characters.
  return {
    ...target,
    modelPath,
    displayName: [...displayName].length > 255 ? target.displayName : displayName,
  }
}
