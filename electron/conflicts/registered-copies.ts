import type { LibraryModel } from '../contract/library.ts'
import { isSameTeam } from './path-conflict.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { Duplicates } from './duplicates.ts'

// What this app has brought to a team's library itself.

/** Of this size, what went to the team from here: known even where the server has no list, though it may be gone since. */
export function registeredUploads(rows: Rows, wanted: UploadRecord): UploadRecord[] {
  return [...rows.finished()].filter(
    (record) =>
      record.identity.sizeBytes === wanted.identity.sizeBytes &&
      isSameTeam(record, wanted) &&
      record.modelId !== null,
  )
}

/** Models that were made from files here which differ from this one where they are sampled: no hash is needed to know that. */
export async function withoutOtherBytes(
  duplicates: Duplicates,
  record: UploadRecord,
  brought: readonly UploadRecord[],
): Promise<ReadonlySet<string>> {
  // All at once: of those that lie on a disk that doesn't answer each is waited for some seconds.
  const looks = await Promise.all(brought.map((one) => duplicates.mayBeEqual(record, one)))
  return new Set(brought.flatMap((one, at) => (looks[at] === false ? [one.modelId ?? ''] : [])))
}

/** The model that an upload has become. */
export function modelOf({
  modelId,
  target,
  identity,
  sha256,
  storageKey,
  finishedAtMs,
}: UploadRecord): LibraryModel {
  return {
    ...{ id: modelId ?? '', ...target, sizeBytes: identity.sizeBytes, sha256, storageKey },
    ...{ status: 'active', createdAtMs: finishedAtMs },
  }
}
