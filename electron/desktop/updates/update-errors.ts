import { failure, type Failure, type FailureCode } from '../../contract/failures.ts'

type UpdateErrorCode = Extract<FailureCode, `update-${string}`>

/** The code selects the message for the user; the cause is only logged. */
export class UpdateError extends Error {
  readonly code: UpdateErrorCode

  constructor(code: UpdateErrorCode, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

/** The failure for an error of a check or download. */
export function updateFailure(error: unknown): Failure {
  return error instanceof UpdateError ? failure(error.code) : failure('unexpected')
}

/** The failure for an error of the installation. */
export function installFailure(error: unknown): Failure {
  return failure(error instanceof UpdateError ? error.code : 'update-not-installed')
}

/** Classifies electron-updater's errors of a check; its codes are defined in its AppUpdater and providers. */
export function toCheckError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown }
  if (statusCode === 404) return new UpdateError('update-missing', error)
  if (typeof code === 'string' && code.startsWith('ERR_UPDATER_'))
    return new UpdateError('update-garbled', error)
  return new UpdateError('update-unreachable', error)
}

/** Classifies file system errors of replacing the app. */
export function toReplaceError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code } = error as { readonly code?: unknown }
  const isNotWritable = ['EACCES', 'EPERM', 'EROFS'].includes(String(code))
  return new UpdateError(isNotWritable ? 'update-not-writable' : 'update-not-installed', error)
}

/**
 * Classifies Squirrel's errors by their message, since it has no codes for an app on a disk image or in
 * Downloads.
 */
export function toSquirrelError(error: unknown): UpdateError {
  const isNotWritable = error instanceof Error && /read-only volume|permission/i.test(error.message)
  return new UpdateError(isNotWritable ? 'update-not-writable' : 'update-not-installed', error)
}

/** Classifies electron-updater's errors of a download. */
export function toDownloadError(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error
  const { code } = error as { readonly code?: unknown }
  return new UpdateError(code === 'ERR_CHECKSUM_MISMATCH' ? 'update-damaged' : 'update-cut', error)
}
