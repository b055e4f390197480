import type { Accounts } from '../accounts/accounts.ts'
import { carrierOf } from '../accounts/upload-account.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import { retryClassOf } from '../contract/failures.ts'
import type { Ports } from '../platform/environment.ts'
import { bringBack } from '../journal/displaced-models.ts'
import type { Library } from '../library/library.ts'
import type { Store } from '../journal/upload-store.ts'

export interface Sweeper {
  /** Aborts what is left behind, and gives models that were moved aside their path back. What fails is tried again later. */
  sweep(): Promise<void>
  /** Keeps sweeps off an upload that is written down as left behind but still under way, until the answer is called. */
  hold(uploadId: string): () => void
  close(): Promise<void>
}

/** What could not be aborted is tried again this much later, in ms; the line's return and each start try at once. */
const againMs = 60_000

/** Clears up after uploads that are no more, in storage and in the library. Nobody waits for it, and its failures disturb nobody. */
export function createSweeper(options: {
  readonly store: Pick<Store, 'leftovers' | 'cleared' | 'movedAside' | 'broughtBack'>
  readonly library: Pick<Library, 'model' | 'change'>
  readonly accounts: Pick<Accounts, 'list' | 'accessTo'>
  readonly ports: Ports
}): Sweeper {
  const { store, accounts, library, ports } = options
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
      for (const leftover of store.leftovers()) {
        if (life.signal.aborted) return
        if (held.has(leftover.uploadId)) continue
        const { accountId, teamId } = leftover
        // Only a session can abort parts, whoever of that person began them.
        const carrier = carrierOf(accounts.list(), { accountId, teamId, needsParts: true })
        const access = accounts.accessTo(carrier?.id ?? accountId, teamId)
        if (!access.ok) continue
        const { client, signer } = access.value
        const aborted = await abortMultipart(client, signer, leftover, life.signal)
        if (aborted.ok || aborted.failure.code === 'not-found') store.cleared(leftover.uploadId)
        else {
          isLeft ||= retryClassOf(aborted.failure) === 'later'
          ports.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
        }
      }
      for (const model of store.movedAside()) {
        if (life.signal.aborted) return
        const came = await Promise.race([bringBack(model, { library, accounts, log: ports.log }), over])
        // The answer that nobody waits for is asked for again at the next start.
        if (came === 'over') return
        if (came === 'done') store.broughtBack(model.modelId)
        else isLeft ||= came === 'later'
      }
    } while (again)
    cancelTimer()
    if (isLeft && !life.signal.aborted) cancelTimer = ports.timers.after(againMs, () => void sweep())
  }

  function sweep(): Promise<void> {
    again = true
    sweeping ??= sweepAll()
      .catch((error: unknown) => {
        if (!life.signal.aborted) ports.log.error('a sweep threw', { error: String(error) })
      })
      .finally(() => {
        sweeping = null
      })
    return sweeping
  }

  return {
    sweep,
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
