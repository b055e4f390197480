import type { Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import type { TeamChoice } from '../contract/account.ts'
import { retryClassOf, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryModel } from '../contract/library.ts'
import type { Environment, Log } from '../platform/environment.ts'
import type { DisplacedModel } from '../journal/displaced-models.ts'
import type { UploadStore } from '../journal/upload-store.ts'

export interface AbandonedUploads {
  /** Aborts what is left behind, and gives models that were moved aside their path back. What fails is tried again later. */
  cleanUp(): Promise<void>
  /** Keeps sweeps off an upload that is written down as left behind but still under way, until the answer is called. */
  hold(uploadId: string): () => void
  close(): Promise<void>
}

/** The library calls that move a displaced model back. */
interface ModelLibrary {
  model(choice: TeamChoice, modelId: string): Promise<Result<LibraryModel>>
  change(choice: TeamChoice, modelId: string, change: LibraryChange): Promise<Result<unknown>>
}

/** What could not be aborted is tried again this much later, in ms; the line's return and each start try at once. */
const againMs = 60_000

/** Clears up after uploads that are no more, in storage and in the library. Nobody waits for it, and its failures disturb nobody. */
export function createAbandonedUploads(options: {
  readonly store: Pick<
    UploadStore,
    'abandonedUploads' | 'removeAbandoned' | 'displacedModels' | 'removeDisplaced'
  >
  readonly library: ModelLibrary
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

/** Moves a displaced model back to its path: `done`, `later` after a temporary failure, or `stuck` until the next start. */
async function restoreDisplacedModel(
  { modelId, accountId, teamId, path, asidePath }: DisplacedModel,
  services: {
    readonly library: ModelLibrary
    readonly accounts: Pick<Accounts, 'list'>
    readonly log: Log
  },
): Promise<'done' | 'later' | 'stuck'> {
  const account = findUploadAccount(services.accounts.list(), { accountId, teamId, needsParts: false })
  const choice = { accountId: account?.id ?? accountId, teamId }
  const now = await services.library.model(choice, modelId)
  // A model that was never moved, or that a user has moved since, stays where it is.
  const isAside = !now.ok || now.value.modelPath === asidePath
  const done: Result<unknown> =
    now.ok && isAside ? await services.library.change(choice, modelId, { modelPath: path }) : now
  if (done.ok || done.failure.code === 'not-found') return 'done'
  services.log.warn('a displaced model could not be moved back yet', {
    model: modelId,
    path,
    asidePath,
    code: done.failure.code,
  })
  return retryClassOf(done.failure) === 'later' ? 'later' : 'stuck'
}
