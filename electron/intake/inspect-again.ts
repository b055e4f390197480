import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isBrokenFile, remedyOf } from '../contract/failures.ts'
import type { Target } from '../contract/uploads.ts'
import type { FileToInspect, Inspection } from '../recognition/found-file.ts'
import { boundaryOf, isWithin, modelFolderOf } from '../recognition/link-boundary.ts'
import { hasOtherCtime, mayHaveSameBytes, type FileIdentity } from '../platform/files/file-identity.ts'
import { retargeted } from './edit-targets.ts'
import { failureWhileWritten } from './recheck-refused-files.ts'
import { isRefusedByPolicy } from './review/upload-policy.ts'
import { reset, resetAfter } from '../journal/reset.ts'
import { isStarted, type RecordChange, type UploadRecord } from '../journal/upload-record.ts'
import { isStopped, type Row } from '../journal/rows.ts'

/** The file of an upload as it was found: with its own name, folder and multi-file model. */
export function fileToInspect({ path, fileName, folder, seen }: UploadRecord): FileToInspect {
  const file = { path, name: fileName, folder }
  if (!seen) return file
  const { target: _target, offeredType: _offer, isFound: _isFound, ...foundAs } = seen
  return { ...file, ...foundAs }
}

/**
 * The file of an upload, with a boundary also for a record of an older version, which has none: such a version
 * followed links to any place.
 */
export async function fileWithBoundary(record: UploadRecord): Promise<FileToInspect> {
  const file = fileToInspect(record)
  return file.boundary === undefined ? { ...file, boundary: await boundaryOfOlder(file) } : file
}

/**
 * The path of the file itself if it was found in the folder that the user added, else that folder, or the
 * model's own. The path had no links: with one, another file has taken its place.
 */
async function boundaryOfOlder({ path, folder, place, group }: FileToInspect): Promise<string> {
  if (place === undefined || (await realPathOf(path)) !== path) return path
  // `folder` begins with the name of the added folder, and is empty for a file that was added itself.
  const depth = Math.max(0, folder.split('/').length - 1)
  const addedFolder = await realPathOf(resolve(place, ...Array.from({ length: depth }, () => '..')))
  const boundary = group
    ? boundaryOf(addedFolder, modelFolderOf(group, await realPathOf(place)))
    : addedFolder
  return isWithin(path, boundary) ? path : boundary
}

const realPathOf = (path: string) => realpath(path).catch(() => path)

/** Whether the file could not be inspected (gone, unreachable or too slow): what is known about it stays. */
export function isUninspected({ identity }: Inspection): boolean {
  return identity.sizeBytes === 0 && identity.mtimeNs === 0n && identity.inode === 0n
}

/** Whether the bytes are those inspected before, as far as size, time and samples show. */
function isUnchanged(record: UploadRecord, { identity }: Inspection): boolean {
  return mayHaveSameBytes(identity, record.identity)
}

/** Whether the user has allowed the upload of these bytes, which only samples show to be the same. */
export function isStillAllowed({ record }: Row, { identity, failure }: Inspection): boolean {
  const isSame = mayHaveSameBytes(identity, record.identity)
  return isSame && isPermissionValid(record, identity) && failure !== null && remedyOf(failure) === 'allow'
}

/**
 * With another ctime, only a hash of the whole file could show that it has the bytes that were allowed, so the user is
 * asked again, even after a change of its permissions.
 */
const isPermissionValid = ({ allowed, identity: before }: UploadRecord, identity: FileIdentity) =>
  allowed && before.sample !== undefined && !hasOtherCtime(identity, before)

/**
 * What a new inspection changes in an upload: its recognition, and the target as far as the user has not
 * edited it. Bytes in storage and the permission to upload an unsafe file are only valid for the same bytes.
 */
export function changeAfterInspection(row: Row, inspection: Inspection): RecordChange {
  const { record } = row
  const hasSameBytes = isUnchanged(record, inspection)
  const change = hasSameBytes
    ? {
        ...resetAfter(record, record.failure),
        identity: inspectedIdentity(record, inspection),
        allowed: isPermissionValid(record, inspection.identity),
      }
    : { ...reset(record), identity: inspection.identity, allowed: false }
  const { recognition, target } = inspection
  // Once bytes were sent, the target is kept: the user can't edit it any more either.
  if (record.seen === undefined || (hasSameBytes && isStarted(record.state)))
    return { ...change, recognition }
  const next = withNewSuggestion(record.target, record.seen.target, target)
  const { offeredType, ...seen } = record.seen
  const isOfferValid = offeredType !== undefined && seen.target.modelType === target.modelType
  return {
    ...change,
    ...retargeted(row, next),
    recognition,
    seen: { ...seen, target, ...(isOfferValid ? { offeredType } : {}) },
  }
}

/**
 * The identity of the same bytes after an inspection. Records of older versions and of files that could not be read have
 * no sample. Inode and device stay, so that what was sent is compared if they differ.
 */
export function inspectedIdentity({ identity }: UploadRecord, inspection: Inspection): FileIdentity {
  const { sample = inspection.identity.sample } = identity
  const { ctimeNs } = inspection.identity
  return {
    ...identity,
    ...(sample === undefined ? {} : { sample }),
    ...(ctimeNs === undefined ? {} : { ctimeNs }),
  }
}

/** Replaces the parts of a target that still equal the old suggestion; type and path belong together. */
function withNewSuggestion(target: Target, before: Target, now: Target): Target {
  const isPlaceEdited = target.modelType !== before.modelType || target.modelPath !== before.modelPath
  return {
    ...(isPlaceEdited ? target : now),
    displayName: target.displayName === before.displayName ? now.displayName : target.displayName,
  }
}

/** What a new inspection of the file of a stopped upload leads to. */
interface InspectionResult {
  /** The file has other bytes than before. */
  readonly isOtherFile: boolean
  /** Whether it can be queued, or approved in its review. */
  readonly isAccepted: boolean
  /** Whether the user has not seen the file as it is now. */
  readonly isNew: boolean
  readonly change: RecordChange
}

export function resultOfInspection(row: Row, inspection: Inspection, nowMs: number): InspectionResult {
  const { failure: before } = row.record
  const { failure: found, identity } = inspection
  const hasSameBytes = isUnchanged(row.record, inspection)
  const isOtherFile = !hasSameBytes && !isUninspected(inspection)
  const change = changeAfterInspection(row, inspection)
  if (found === null || isStillAllowed(row, inspection)) {
    // A file that was sound and allowed before, and is the same, was approved.
    const isNew = !hasSameBytes || isRefusedByPolicy(before) || (before !== null && isBrokenFile(before))
    return { isOtherFile, isAccepted: true, isNew, change }
  }
  const failure = hasSameBytes ? found : failureWhileWritten(found, identity, nowMs)
  const known = isUninspected(inspection) ? {} : change
  return { isOtherFile, isAccepted: false, isNew: false, change: { ...known, failure } }
}

/** Whether its file is or may be the reason for its failure: an inspection may have failed unexpectedly too. */
export function isAboutFile({ failure: reason, state }: UploadRecord): boolean {
  return (
    reason !== null &&
    (reason.code.startsWith('file-') || (reason.code === 'unexpected' && !isStarted(state)))
  )
}

/** Whether the file of a stopped upload is inspected before it is queued again. */
export const mustInspect = (row: Row) => isStopped(row) && isAboutFile(row.record)
