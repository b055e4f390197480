import type { Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import { restoreDisplacedModel } from '../conflicts/replace.ts'
import { failure, retryClassOf } from '../contract/failures.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { retryDelay } from '../platform/retry-delay.ts'

export interface AbandonedUploads {
  /** Aborts abandoned uploads and moves displaced models back. What fails is repeated later. */
  cleanUp(): Promise<void>
  /**
   * Excludes an upload that is listed as abandoned while it is still in use, until the returned function is
   * called.
   */
  protect(uploadId: string): () => void
  close(): Promise<void>
}

/**
 * A failed cleanup is repeated after this time, doubled each time; a restored connection and each start repeat
 * it at once.
 */
const firstRetryMs = 60_000
const maxRetryMs = 3_600_000

/**
 * Cleans up after removed uploads, in storage and in the library, in the background. Failures are logged
 * only.
 */
export function createAbandonedUploads(options: {
  readonly store: Pick<
    UploadStore,
    'abandonedUploads' | 'removeAbandoned' | 'displacedModels' | 'removeDisplaced'
  >
  readonly library: Parameters<typeof restoreDisplacedModel>[2]['library']
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly environment: Environment
}): AbandonedUploads {
  const { store, accounts, library, environment } = options
  const closing = new AbortController()
  const protectedIds = new Set<string>()
  let running: Promise<void> | null = null
  let isRequestedAgain = false
  let cancelTimer = () => {}
  let failedCount = 0

  /** Returns how long the server asks to wait, in ms; null if no temporary failure occurred. */
  async function abortUploads(): Promise<number | null> {
    let waitMs: number | null = null
    for (const upload of store.abandonedUploads()) {
      if (closing.signal.aborted) return null
      if (protectedIds.has(upload.uploadId)) continue
      const { accountId, teamId } = upload
      // Device keys can't abort uploads; any session of the same user can.
      const account = findUploadAccount(accounts.list(), { accountId, teamId, needsParts: true })
      const access = accounts.accessFor(account?.id ?? accountId, teamId)
      if (!access.ok) continue
      const { client, signer } = access.value
      const aborted = await abortMultipart(client, signer, upload, closing.signal)
      if (aborted.ok || aborted.failure.code === 'not-found') store.removeAbandoned(upload.uploadId)
      else {
        const { retryAfterMs = 0 } = aborted.failure
        if (retryClassOf(aborted.failure) === 'later') waitMs = Math.max(waitMs ?? 0, retryAfterMs)
        environment.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
      }
    }
    return waitMs
  }

  /** Returns whether a temporary failure occurred. */
  async function restoreModels(): Promise<boolean> {
    let needsRetry = false
    for (const model of store.displacedModels()) {
      if (closing.signal.aborted) return false
      const { accountId, teamId } = model
      const account = findUploadAccount(accounts.list(), { accountId, teamId, needsParts: false })
      const restored = await raceAbort(
        restoreDisplacedModel(
          model,
          { accountId: account?.id ?? accountId, teamId },
          { library, log: environment.log },
        ),
        closing.signal,
      )
      // Aborted: the next start repeats the request.
      if (typeof restored === 'object') return false
      if (restored === 'done') store.removeDisplaced(model.modelId)
      else needsRetry ||= restored === 'later'
    }
    return needsRetry
  }

  async function cleanUpAll(): Promise<void> {
    let waitMs: number | null = null
    do {
      isRequestedAgain = false
      waitMs = await abortUploads()
      const needsRestore = await restoreModels()
      if (closing.signal.aborted) return
      if (needsRestore) waitMs ??= 0
    } while (isRequestedAgain)
    cancelTimer()
    failedCount = waitMs === null ? 0 : failedCount + 1
    if (waitMs !== null) cancelTimer = environment.timers.after(retryDelayMs(waitMs), () => void cleanUp())
  }

  /** The delay before the next cleanup, with the jitter of a server's Retry-After. */
  function retryDelayMs(waitMs: number): number {
    const doubledMs = Math.min(firstRetryMs * 2 ** (failedCount - 1), maxRetryMs)
    const reason = failure('rate-limited', {}, { retryAfterMs: Math.max(doubledMs, waitMs) })
    return retryDelay(1, reason, environment.random()) ?? maxRetryMs
  }

  function cleanUp(): Promise<void> {
    isRequestedAgain = true
    running ??= cleanUpAll()
      .catch((error: unknown) => {
        if (!closing.signal.aborted)
          environment.log.error('a cleanup threw an exception', { error: String(error) })
      })
      .finally(() => {
        running = null
      })
    return running
  }

  return {
    cleanUp,
    protect(uploadId) {
      protectedIds.add(uploadId)
      return () => protectedIds.delete(uploadId)
    },
    async close() {
      cancelTimer()
      closing.abort()
      await running
    },
  }
}
