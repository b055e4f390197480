import type { Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import { restoreDisplacedModel } from '../conflicts/replace.ts'
import { retryClassOf } from '../contract/failures.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'

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
 * Failed cleanups are repeated after this time, in ms; a restored connection and each start repeat them at
 * once.
 */
const retryDelayMs = 60_000

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

  /** Returns whether a temporary failure occurred. */
  async function abortUploads(): Promise<boolean> {
    let needsRetry = false
    for (const upload of store.abandonedUploads()) {
      if (closing.signal.aborted) return false
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
        needsRetry ||= retryClassOf(aborted.failure) === 'later'
        environment.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
      }
    }
    return needsRetry
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
    let needsRetry = false
    do {
      isRequestedAgain = false
      const needsAbort = await abortUploads()
      const needsRestore = await restoreModels()
      if (closing.signal.aborted) return
      needsRetry = needsAbort || needsRestore
    } while (isRequestedAgain)
    cancelTimer()
    if (needsRetry) cancelTimer = environment.timers.after(retryDelayMs, () => void cleanUp())
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
