import type { Failure } from '../contract/failures.ts'
import type { RecordChange } from './upload-record.ts'

/** Failures after which what storage holds is of no use any more: the next try begins at the first byte. */
const spoilt: ReadonlySet<Failure['code']> = new Set([
  'not-found',
  'upload-ended',
  'file-changed',
  'bytes-differ',
  'parts-do-not-fit',
])

/** Forgets what storage holds; an open multipart upload becomes a leftover and is aborted. */
export const reset: RecordChange = { multipart: null, storageKey: null, sha256: null, started: false }

/** Whether what storage holds is of no use after this failure. */
export const mustRestart = (met: Failure): boolean => spoilt.has(met.code)

/** What changes in a record that met this failure, besides the failure itself. */
export function resetAfter(met: Failure | null): RecordChange {
  return met && mustRestart(met) ? reset : {}
}
