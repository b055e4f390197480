import type { LibraryModel } from '../contract/library.ts'
import {
  isRegistered,
  isSameTeam,
  type RegisteredRecord,
  type UploadRecord,
} from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import { hasOtherSample } from '../platform/files/file-identity.ts'
import type { FileSamples } from './file-samples.ts'

/**
 * Uploads of this computer that registered a model of the same size for the same team. They are available
 * even where the server has no listing, but the model may have been deleted since.
 */
export function registeredUploadsOfSameSize(
  rows: Pick<Rows, 'finishedOfSize'>,
  upload: UploadRecord,
): RegisteredRecord[] {
  return rows
    .finishedOfSize(upload.identity.sizeBytes)
    .filter(isRegistered)
    .filter((record) => isSameTeam(record, upload))
}

/**
 * Ids of the models whose local files differ from this one in their samples, so that no hash is needed. The samples
 * of the records are compared first: of a thousand files of one size, each would otherwise wait for all others.
 */
export async function modelIdsWithOtherBytes(
  samples: FileSamples,
  record: UploadRecord,
  registered: readonly RegisteredRecord[],
): Promise<ReadonlySet<string>> {
  const isOther = ({ identity }: RegisteredRecord) => hasOtherSample(identity, record.identity)
  const unclear = registered.filter((other) => !isOther(other))
  // In parallel: on a disk that does not answer, each comparison takes several seconds.
  const comparisons = await Promise.all(unclear.map((other) => samples.mayBeEqual(record, other)))
  const differing = [
    ...registered.filter(isOther),
    ...unclear.filter((_other, index) => comparisons[index] === false),
  ]
  return new Set(differing.map(({ state }) => state.modelId))
}

/** The model that a registered upload has become, or that had its bytes already. */
export function toLibraryModel({ identity, target, state, library }: RegisteredRecord): LibraryModel {
  const already = state.kind === 'duplicate' ? library?.already : undefined
  return {
    id: state.modelId,
    displayName: already?.name ?? target.displayName,
    modelType: target.modelType,
    modelPath: already ? already.path : target.modelPath,
    sizeBytes: identity.sizeBytes,
    sha256: state.sha256,
    storageKey: state.kind === 'registered' ? state.storageKey : null,
    status: already?.status ?? 'active',
    createdAtMs: state.finishedAtMs,
  }
}
