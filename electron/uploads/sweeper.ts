import type { Access } from '../accounts/accounts.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import type { Result } from '../contract/errors.ts'
import type { Ports } from '../contract/ports.ts'
import type { Store } from './store.ts'

export interface Sweeper {
  /** Aborts what is left behind. What can't be aborted now is tried again at the next sweep. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/** Frees what storage holds of uploads that are no more. Nobody waits for it, and its failures disturb nobody. */
export function createSweeper(options: {
  readonly store: Pick<Store, 'leftovers' | 'cleared'>
  readonly accessTo: (accountId: string, teamId: string) => Result<Access>
  readonly ports: Ports
}): Sweeper {
  const { store, accessTo, ports } = options
  const life = new AbortController()
  let sweeping: Promise<void> | null = null
  let again = false

  async function sweepAll(): Promise<void> {
    do {
      again = false
      for (const leftover of store.leftovers()) {
        if (life.signal.aborted) return
        const access = accessTo(leftover.accountId, leftover.teamId)
        if (!access.ok) continue
        const { client, signer } = access.value
        const aborted = await abortMultipart(client, signer, leftover, life.signal)
        if (aborted.ok || aborted.failure.code === 'not-found') store.cleared(leftover.uploadId)
        else ports.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
      }
    } while (again)
  }

  return {
    sweep() {
      again = true
      sweeping ??= sweepAll()
        .catch((error: unknown) => {
          if (!life.signal.aborted) ports.log.error('a sweep threw', { error: String(error) })
        })
        .finally(() => {
          sweeping = null
        })
      return sweeping
    },
    async close() {
      life.abort()
      await sweeping
    },
  }
}
