import * as v from 'valibot'
import { failureKinds, type FailureCode } from './failures.ts'

/** A type without members that can be assigned, at any depth. */
export type DeepReadonly<T> = { readonly [Key in keyof T]: DeepReadonly<T[Key]> }

/** Every code of this version. */
export const failureCodes = Object.keys(failureKinds) as [FailureCode]

/** A `Failure` as it is stored. Worker threads, which create failures, load no schemas. */
export const failureSchema = v.object({
  code: v.picklist(failureCodes),
  params: v.record(v.string(), v.union([v.string(), v.number()])),
  serverMessage: v.exactOptional(v.string()),
  detail: v.exactOptional(v.string()),
  retryAfterMs: v.exactOptional(v.number()),
})
