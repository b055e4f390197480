import type { Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import { retryClassOf } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { restoreDisplacedModel } from '../journal/displaced-models.ts'
import type { Library } from '../library/library.ts'
import type { UploadStore } from '../journal/upload-store.ts'

export interface AbandonedUploads {
  /** Aborts what is left behind, and gives models that were moved aside their path back. What fails is tried again later. */
  cleanUp(): Promise<void>
  /** Keeps sweeps off an upload that is written down as left behind but still under way, until the answer is called. */
  hold(uploadId: string): () => void
  close(): Promise<void>
}

/** What could not be aborted is tried again this much later, in ms; the line's return and each start try at once. */
const againMs = 60_000

/** Clears up after uploads that are no more, in storage and in the library. Nobody waits for it, and its failures disturb nobody. */
export function createAbandonedUploads(options: {
  readonly store: Pick<
    UploadStore,
    'abandonedUploads' | 'removeAbandoned' | 'displacedModels' | 'removeDisplaced'
  >
  readonly library: Pick<Library, 'model' | 'change'>
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly environment: Environment
}): AbandonedUploads {
  const { store, accounts, library, environment } = options
  const life = new AbortController()
  const { promise: over, resolve } = Promise.withResolvers<'over'>()
  life.signal.addEventListener('abort', () => resolve('over'), { once: true })
  const held = new Set<string>()
  let sweeping: Promise<void> | null = null
  let again = false
  let cancelTimer = () => {}

  async function sweepAll(): Promise<void> {
    let isLeft = false
    do {
      again = isLeft = false
      for (const leftover of store.abandonedUploads()) {
        if (life.signal.aborted) return
        if (held.has(leftover.uploadId)) continue
        const { accountId, teamId } = leftover
        // Only a session can abort parts, whoever of that person began them.
        const account = findUploadAccount(accounts.list(), { accountId, teamId, needsParts: true })
        const access = accounts.accessFor(account?.id ?? accountId, teamId)
        if (!access.ok) continue
        const { client, signer } = access.value
        const aborted = await abortMultipart(client, signer, leftover, life.signal)
        if (aborted.ok || aborted.failure.code === 'not-found') store.removeAbandoned(leftover.uploadId)
        else {
          isLeft ||= retryClassOf(aborted.failure) === 'later'
          environment.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
        }
      }
      for (const model of store.displacedModels()) {
        if (life.signal.aborted) return
        const came = await Promise.race([
          restoreDisplacedModel(model, { library, accounts, log: environment.log }),
          over,
        ])
        // The answer that nobody waits for is asked for again at the next start.
        if (came === 'over') return
        if (came === 'done') store.removeDisplaced(model.modelId)
        else isLeft ||= came === 'later'
      }
    } while (again)
    cancelTimer()
    if (isLeft && !life.signal.aborted) cancelTimer = environment.timers.after(againMs, () => void sweep())
  }

  function sweep(): Promise<void> {
    again = true
    sweeping ??= sweepAll()
      .catch((error: unknown) => {
        if (!life.signal.aborted) environment.log.error('a sweep threw', { error: String(error) })
      })
      .finally(() => {
        sweeping = null
      })
    return sweeping
  }

  return {
    cleanUp: sweep,
    hold(uploadId) {
      held.add(uploadId)
      return () => held.delete(uploadId)
    },
    async close() {
      cancelTimer()
      life.abort()
      await sweeping
    },
  }
}
