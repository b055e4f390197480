import { failure, type Failure, type FailureCode } from '../contract/errors.ts'

type TroubleCode = Extract<FailureCode, `update-${string}`>

/** Why an update did not come. Its cause is for the log; what a person reads is the sentence of its code. */
export class UpdateTrouble extends Error {
  readonly code: TroubleCode

  constructor(code: TroubleCode, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

/** The failure that a thrown error is told as. */
export function updateFailure(error: unknown): Failure {
  return error instanceof UpdateTrouble ? failure(error.code) : failure('unexpected')
}

/** What electron-updater's errors mean while it looks: its codes are in its AppUpdater and its providers. */
export function checkTrouble(error: unknown): UpdateTrouble {
  if (error instanceof UpdateTrouble) return error
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown }
  if (statusCode === 404) return new UpdateTrouble('update-missing', error)
  if (typeof code === 'string' && code.startsWith('ERR_UPDATER_'))
    return new UpdateTrouble('update-garbled', error)
  return new UpdateTrouble('update-unreachable', error)
}

/** The same while it fetches. */
export function downloadTrouble(error: unknown): UpdateTrouble {
  if (error instanceof UpdateTrouble) return error
  const { code } = error as { readonly code?: unknown }
  return new UpdateTrouble(code === 'ERR_CHECKSUM_MISMATCH' ? 'update-damaged' : 'update-cut', error)
}
