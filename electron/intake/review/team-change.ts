import { failure } from '../../contract/failures.ts'
import type { OnConflict } from '../../contract/library.ts'
import {
  isSameTeam,
  type RecordChange,
  type TeamOfUpload,
  type UploadRecord,
} from '../../journal/upload-record.ts'

/**
 * What giving a file to a team changes: what the user has accepted or decided for another team, in questions that named
 * it or its models, is not valid for this one.
 */
export function changeForTeam(
  record: UploadRecord,
  { accountId, team }: TeamOfUpload,
  onConflict: OnConflict,
): RecordChange {
  if (isSameTeam(record, { accountId, team })) return { accountId, team }
  return {
    accountId,
    team,
    library: onConflict === 'ask' ? undefined : { onConflict },
    ...(record.allowed ? { allowed: false } : {}),
    ...(isFindingUnknown(record) ? { failure: failure('file-look-late') } : {}),
  }
}

/** An approval of an accepted file was undone: an inspection finds again what the user has to accept. */
export const isFindingUnknown = (record: UploadRecord) => record.allowed && record.failure === null
