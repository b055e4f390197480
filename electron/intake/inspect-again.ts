import type { Target } from '../contract/uploads.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'
import { mayHaveSameBytes, type FileIdentity } from '../platform/files/file-identity.ts'
import { retargeted } from './edit-targets.ts'
import { reset, resetAfter } from '../journal/reset.ts'
import { isStarted, type RecordChange, type UploadRecord } from '../journal/upload-record.ts'
import type { Row } from '../journal/rows.ts'

/** The file of an upload as it was found: with its own name, folder and multi-file model. */
export function fileToInspect({ path, fileName, folder, seen }: UploadRecord): FileToInspect {
  const file = { path, name: fileName, folder }
  if (!seen) return file
  const { target: _target, ...foundAs } = seen
  return { ...file, ...foundAs }
}

/** Whether the file could not be inspected (gone, unreachable or too slow): what is known about it stays. */
export function isUninspected({ identity }: Inspection): boolean {
  return identity.sizeBytes === 0 && identity.mtimeNs === 0n && identity.inode === 0n
}

/** Whether the bytes are those inspected before, as far as size, time and samples show. */
export function isUnchanged(record: UploadRecord, { identity }: Inspection): boolean {
  return mayHaveSameBytes(identity, record.identity)
}

/**
 * What a new inspection changes in an upload: its recognition, and the target as far as the user has not
 * edited it. Bytes in storage and the permission to upload an unsafe file are only valid for the same bytes.
 */
export function changeAfterInspection(row: Row, inspection: Inspection): RecordChange {
  const { record } = row
  const hasSameBytes = isUnchanged(record, inspection)
  // Records of older versions and of files that could not be read have no sample.
  const { sample = inspection.identity.sample } = record.identity
  const change = hasSameBytes
    ? { ...resetAfter(record, record.failure), identity: withSample(record.identity, sample) }
    : { ...reset(record), identity: inspection.identity, allowed: false }
  const { recognition, target } = inspection
  // Once bytes were sent, the target is kept: the user can't edit it any more either.
  if (record.seen === undefined || (hasSameBytes && isStarted(record.state)))
    return { ...change, recognition }
  const next = withNewSuggestion(record.target, record.seen.target, target)
  return { ...change, ...retargeted(row, next), recognition, seen: { ...record.seen, target } }
}

const withSample = (identity: FileIdentity, sample: string | undefined): FileIdentity =>
  sample === undefined ? identity : { ...identity, sample }

/** Replaces the parts of a target that still equal the old suggestion; type and path belong together. */
function withNewSuggestion(target: Target, before: Target, now: Target): Target {
  const isPlaceEdited = target.modelType !== before.modelType || target.modelPath !== before.modelPath
  return {
    ...(isPlaceEdited ? target : now),
    displayName: target.displayName === before.displayName ? now.displayName : target.displayName,
  }
}
