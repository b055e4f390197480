import type { Target } from '../contract/uploads.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'
import { sameFile } from '../platform/file-identity.ts'
import { retargeted } from './edit-targets.ts'
import { reset, resetAfter } from '../journal/reset.ts'
import type { RecordChange, UploadRecord } from '../journal/upload-record.ts'
import type { Row } from '../journal/rows.ts'

/** The file of an upload as it was met: under its own name, in its folder, as part of its model. */
export function fileToInspect({ path, fileName, folder, seen }: UploadRecord): FileToInspect {
  return {
    ...{ path, name: fileName, folder },
    ...(seen ? { place: seen.place, ...(seen.group ? { group: seen.group } : {}) } : {}),
  }
}

/** Whether nothing was seen of the file, be it gone, out of reach or too slow: what is known of it stays. */
export function isUninspected({ identity }: Inspection): boolean {
  return identity.sizeBytes === 0 && identity.mtimeNs === 0n && identity.inode === 0n
}

/** Whether the bytes are those that were looked at before; disks may be numbered anew at each mount. */
export function isUnchanged(record: UploadRecord, { identity }: Inspection): boolean {
  return sameFile({ ...identity, inode: record.identity.inode }, record.identity)
}

/**
 * What another look at its file changes in an upload: what the file is, and where it goes as far as nobody has said otherwise.
 * What storage holds is of use only while the file is as it was, and the second yes was said to those bytes.
 */
export function changeAfterInspection(row: Row, inspection: Inspection): RecordChange {
  const { record } = row
  const isAsBefore = isUnchanged(record, inspection)
  const change = isAsBefore
    ? resetAfter(record.failure)
    : { ...reset, identity: inspection.identity, allowed: false }
  const { recognition, target } = inspection
  // Once bytes have gone out a target stays, as it does for the person.
  if (record.seen === undefined || (isAsBefore && record.started)) return { ...change, recognition }
  const next = withNewSuggestion(record.target, record.seen.target, target)
  return { ...change, ...retargeted(row, next), recognition, seen: { ...record.seen, target } }
}

/** A target with what was suggested anew in place of what was suggested before; type and path belong together. */
function withNewSuggestion(target: Target, before: Target, now: Target): Target {
  const isPlaceEdited = target.modelType !== before.modelType || target.modelPath !== before.modelPath
  return {
    ...(isPlaceEdited ? target : now),
    displayName: target.displayName === before.displayName ? now.displayName : target.displayName,
  }
}
