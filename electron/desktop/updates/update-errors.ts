import { failure, type Failure, type FailureCode } from '../../contract/failures.ts'

type UpdateErrorCode = Extract<FailureCode, `update-${string}`>

/** Why an update did not come. Its cause is for the log; what a person reads is the sentence of its code. */
export class UpdateError extends Error {
  readonly code: UpdateErrorCode

  constructor(code: UpdateErrorCode, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

/** The failure that a thrown error is told as. */
export function updateFailure(error: unknown): Failure {
  return error instanceof UpdateError ? failure(error.code) : failure('unexpected')
}

/** The same at the end, when it was to take this one's place. */
export function installFailure(error: unknown): Failure {
  return failure(error instanceof UpdateError ? error.code : 'update-not-installed')
}

/** What electron-updater's errors mean while it looks: its codes are in its AppUpdater and its providers. */
export function toCheckError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown }
  if (statusCode === 404) return new UpdateError('update-missing', error)
  if (typeof code === 'string' && code.startsWith('ERR_UPDATER_'))
    return new UpdateError('update-garbled', error)
  return new UpdateError('update-unreachable', error)
}

/** Why the new one can't be put where this one is. */
export function toReplaceError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code } = error as { readonly code?: unknown }
  const isShut = ['EACCES', 'EPERM', 'EROFS'].includes(String(code))
  return new UpdateError(isShut ? 'update-not-writable' : 'update-not-installed', error)
}

/** What Squirrel on macOS says: it has no codes for an app on a disk image or among the downloads, only a sentence. */
export function toSquirrelError(error: unknown): UpdateError {
  const isShut = error instanceof Error && /read-only volume|permission/i.test(error.message)
  return new UpdateError(isShut ? 'update-not-writable' : 'update-not-installed', error)
}

/** The same while it fetches. */
export function toDownloadError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code } = error as { readonly code?: unknown }
  return new UpdateError(code === 'ERR_CHECKSUM_MISMATCH' ? 'update-damaged' : 'update-cut', error)
}
