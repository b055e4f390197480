import type { Failure } from '../contract/failures.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { Rows } from '../journal/rows.ts'
import { isSameTeam, onConflictOf, type UploadRecord } from '../journal/upload-record.ts'
import { indexModels } from '../library/model-index.ts'
import { findPathConflict, pathConflictFailure, usedPaths } from './path-conflict.ts'
import { makesUnnecessary } from './check-copies.ts'

/** A model of the library that a file seems to be. */
export interface LibraryMatch {
  readonly name: string
  readonly path: string | null
  /** The hashes are equal; otherwise the model has the file's path and size. */
  readonly isCertain: boolean
}

/** What a team has of files that are to be uploaded to it, by their ids. */
export interface TeamComparison {
  readonly conflicts: ReadonlyMap<string, Failure>
  readonly inLibrary: ReadonlyMap<string, LibraryMatch>
}

/**
 * Compares files that wait for approval with a team's models and uploads, without reading any of them: only
 * hashes that are known are compared. The rest is found out before each upload (`check-before-upload.ts`).
 */
export function compareWithTeam(
  records: readonly UploadRecord[],
  options: {
    readonly rows: Rows
    readonly models: readonly LibraryModel[]
    /** Whether the records have rows. */
    readonly areRecorded: boolean
    readonly knownHash: (record: UploadRecord) => string | null
  },
): TeamComparison {
  const { rows, areRecorded, knownHash } = options
  const conflicts = new Map<string, Failure>()
  const inLibrary = new Map<string, LibraryMatch>()
  const [first] = records
  if (!first) return { conflicts, inLibrary }
  const models = indexModels(options.models)
  const ofTeam = records.filter((record) => isSameTeam(record, first))
  const paths = usedPaths(models, rows, first, areRecorded ? [] : ofTeam)
  for (const record of ofTeam) {
    const match = findMatch(record, models.ofSize(record.identity.sizeBytes), knownHash)
    if (match) inLibrary.set(record.id, match)
    // A file that the library has elsewhere isn't sent, so that it needs no path.
    if (match?.isCertain || onConflictOf(record) !== 'ask') continue
    const conflict = findPathConflict(record, paths, false)
    if (conflict) conflicts.set(record.id, pathConflictFailure(record, conflict, paths))
  }
  return { conflicts, inLibrary }
}

function findMatch(
  record: UploadRecord,
  ofSameSize: readonly LibraryModel[],
  knownHash: (record: UploadRecord) => string | null,
): LibraryMatch | null {
  if (ofSameSize.length === 0) return null
  const sha256 = knownHash(record)
  const toMatch = ({ displayName, modelPath, id }: LibraryModel, isCertain: boolean) => ({
    name: displayName || (modelPath ?? id),
    path: modelPath,
    isCertain,
  })
  const mayReplace = ({ modelPath }: LibraryModel) =>
    modelPath === null || makesUnnecessary(record, modelPath)
  const same = ofSameSize.find((model) => sha256 !== null && model.sha256 === sha256 && mayReplace(model))
  if (same) return toMatch(same, true)
  const atPath = ofSameSize.find(
    (model) => model.modelPath === record.target.modelPath && (sha256 === null || model.sha256 === null),
  )
  return atPath ? toMatch(atPath, false) : null
}
