import type { FailureCode } from './failures.ts'

/** What of a library record is compared with the file, most important first. */
export const recordFields = ['hash', 'size', 'storageKey', 'path', 'type'] as const

export interface RecordDifference {
  readonly field: (typeof recordFields)[number]
  readonly expected: string
  /** The server's value, cleaned. */
  readonly found: string
}

/**
 * Why a record was not verified: a failure of the request, or the server lacks the call (`unsupported`), does not
 * have the model (`missing`), left fields out (`incomplete`), type or path were changed in the library since
 * (`edited`), or the user has deleted the model with this app (`deleted`).
 */
type NotVerifiedReason = FailureCode | 'unsupported' | 'missing' | 'incomplete' | 'edited' | 'deleted'

/** How the library's record of a registered model compares with the file. Times are ms since the epoch. */
export type Verification =
  /** Not requested yet. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'verified'; readonly atMs: number }
  | {
      readonly kind: 'not-verified'
      readonly reason: NotVerifiedReason
      /** Otherwise it is requested again once the server may answer, at the latest at the next start. */
      readonly isFinal: boolean
      readonly atMs: number
    }
  | { readonly kind: 'differs'; readonly differences: readonly RecordDifference[]; readonly atMs: number }

/** Whether the library does not have the model as it was uploaded, as opposed to: that is not known. */
export function isRecordWrong(verification: Verification | null | undefined): boolean {
  if (verification?.kind === 'not-verified') return verification.reason === 'missing'
  return verification?.kind === 'differs'
}

/** Whether the library is known not to have the model. */
export function isAbsent(verification: Verification | null | undefined): boolean {
  if (verification?.kind !== 'not-verified') return false
  return verification.reason === 'missing' || verification.reason === 'deleted'
}
