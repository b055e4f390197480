import type { Result } from '../contract/failures.ts'

/** The signal of the work was aborted: neither a value nor a failure. */
export interface Aborted {
  readonly ok: false
  readonly kind: 'aborted'
}

/** What abortable work ends in. */
export type Attempt<T> = Result<T> | Aborted

export const aborted: Aborted = { ok: false, kind: 'aborted' }

export function isAborted(result: object): result is Aborted {
  return 'kind' in result && result.kind === 'aborted'
}
