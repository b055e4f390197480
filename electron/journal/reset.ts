import type { Failure } from '../contract/failures.ts'
import type { RecordChange, UploadRecord } from './upload-record.ts'

/** Failures after which the bytes in storage are of no use: the next run restarts at byte 0. */
const restartCodes: ReadonlySet<Failure['code']> = new Set([
  'not-found',
  'upload-ended',
  'file-changed',
  'bytes-differ',
  'parts-do-not-fit',
])

/**
 * Discards what storage holds; an open multipart upload becomes abandoned and is aborted. A model that is
 * already registered stays so.
 */
export function reset({ state }: UploadRecord): RecordChange {
  return { state: state.kind === 'replacing' ? state : { kind: 'queued', started: false } }
}

/** Whether what storage holds is of no use after this failure. */
export const mustRestart = (met: Failure): boolean => restartCodes.has(met.code)

/** What changes in a record that met this failure, besides the failure itself. */
export function resetAfter(record: UploadRecord, met: Failure | null): RecordChange {
  return met && mustRestart(met) ? reset(record) : {}
}

/** The journal then lists the displaced model, which the cleanup moves back. */
export function withoutDisplacedPath({ library }: UploadRecord): RecordChange {
  if (!library?.replaces?.asidePath) return {}
  return { library: { ...library, replaces: { ...library.replaces, asidePath: null } } }
}
