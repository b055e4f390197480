import * as v from 'valibot'
import { failureCodes, type DeepReadonly } from './stored-values.ts'

/** What of a library record is compared with the file, most important first. */
export const recordFields = ['hash', 'size', 'storageKey', 'path', 'type'] as const

const atMs = v.number()

/** How the library's record of a registered model compares with the file. Times are ms since the epoch. */
export const verificationSchema = v.variant('kind', [
  /** Not requested yet. */
  v.object({ kind: v.literal('pending') }),
  v.object({ kind: v.literal('verified'), atMs }),
  v.object({
    kind: v.literal('not-verified'),
    /**
     * A failure of the request, or the server lacks the call (`unsupported`), does not have the model (`missing`), left
     * fields out (`incomplete`), type or path were changed in the library since (`edited`), or the user has deleted the
     * model with this app (`deleted`).
     */
    reason: v.picklist([...failureCodes, 'unsupported', 'missing', 'incomplete', 'edited', 'deleted']),
    /** Otherwise it is requested again once the server may answer, at the latest at the next start. */
    isFinal: v.boolean(),
    atMs,
  }),
  v.object({
    kind: v.literal('differs'),
    /** `found` is the server's value, cleaned. */
    differences: v.array(
      v.object({ field: v.picklist(recordFields), expected: v.string(), found: v.string() }),
    ),
    atMs,
  }),
])
export type Verification = DeepReadonly<v.InferOutput<typeof verificationSchema>>
export type RecordDifference = Extract<Verification, { kind: 'differs' }>['differences'][number]

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
