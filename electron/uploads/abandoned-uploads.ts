import type { Accounts } from '../accounts/accounts.ts'
import { abortMultipart } from '../cloud/multipart.ts'
import { restoreDisplacedModel } from '../conflicts/replace.ts'
import { findSignIn, serverOf, type TeamChoice } from '../contract/account.ts'
import { retryClassOf, type Failure } from '../contract/failures.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { addJitter } from '../platform/retry.ts'

export interface AbandonedUploads {
  /** Aborts abandoned uploads and moves displaced models back. What fails is repeated later. */
  cleanUp(): Promise<void>
  /**
   * Excludes an upload that is listed as abandoned while it is still in use, until the returned function is
   * called.
   */
  protect(uploadId: string): () => void
  /** How many abandoned uploads are left on the known servers. */
  count(): number
  close(): Promise<void>
}

/**
 * A failed cleanup is repeated after this time, doubled after each repetition that fails; a restored connection,
 * each start and each cancelled upload repeat it at once, except on servers that requested to wait.
 */
const firstRetryMs = 60_000
const maxRetryMs = 3_600_000

interface CleanupOptions {
  readonly store: Pick<
    UploadStore,
    'abandonedUploads' | 'removeAbandoned' | 'displacedModels' | 'removeDisplaced'
  >
  readonly library: Parameters<typeof restoreDisplacedModel>[2]['library']
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly settings: () => Pick<Settings, 'server' | 'servers'>
  readonly environment: Environment
}

/**
 * Cleans up after removed uploads, in storage and in the library, in the background. Failures are logged
 * only.
 */
export function createAbandonedUploads(options: CleanupOptions): AbandonedUploads {
  const { store, accounts, library, environment } = options
  const left = findLeft(options)
  const closing = new AbortController()
  const protectedIds = new Set<string>()
  const serverWaits = createServerWaits(environment)
  let running: Promise<void> | null = null
  let isRequestedAgain = false
  /** Whether the timer has requested the current cleanup. */
  let isTimedRetry = false
  const retryTimer = createRetryTimer(environment, () => {
    isTimedRetry = true
    void cleanUp()
  })

  /** The account that may clean up for another one, in its team. Device keys can't abort uploads. */
  function choiceFor({ accountId, teamId }: TeamChoice, needsParts: boolean): TeamChoice {
    const account = findSignIn(accounts.list(), { accountId, teamId, needsParts })
    return { accountId: account?.id ?? accountId, teamId }
  }

  /** Returns how long the servers requested to wait; null if nothing has to be repeated. */
  async function abortUploads(): Promise<number | null> {
    let waitMs: number | null = null
    for (const upload of left.uploads()) {
      if (closing.signal.aborted) break
      if (protectedIds.has(upload.uploadId)) continue
      const { accountId, teamId } = choiceFor(upload, true)
      if (serverWaits.has(accountId)) {
        waitMs ??= 0
        continue
      }
      const access = accounts.accessFor(accountId, teamId)
      if (!access.ok) continue
      const { client, signer } = access.value
      const aborted = await abortMultipart(client, signer, upload, closing.signal)
      if (aborted.ok || aborted.failure.code === 'not-found') store.removeAbandoned(upload.uploadId)
      else {
        environment.log.warn('a multipart upload could not be aborted yet', { code: aborted.failure.code })
        if (retryClassOf(aborted.failure) !== 'later') continue
        const requestedMs = requestedWaitMs(aborted.failure)
        serverWaits.add(accountId, requestedMs)
        waitMs = Math.max(waitMs ?? 0, requestedMs)
      }
    }
    return waitMs
  }

  /** Returns whether some have to be repeated. */
  async function restoreModels(): Promise<boolean> {
    let needsRetry = false
    for (const model of left.models()) {
      if (closing.signal.aborted) break
      if (serverWaits.has(model.accountId)) {
        needsRetry = true
        continue
      }
      const restoring = restoreDisplacedModel(model, choiceFor(model, false), {
        library,
        log: environment.log,
      })
      const restored = await raceAbort(restoring, closing.signal)
      // Aborted: the next start repeats the request.
      if (typeof restored === 'object') break
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
    if (waitMs === null) retryTimer.reset()
    else retryTimer.start(waitMs, isTimedRetry)
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
        isTimedRetry = false
      })
    return running
  }

  return {
    cleanUp,
    protect(uploadId) {
      protectedIds.add(uploadId)
      return () => protectedIds.delete(uploadId)
    },
    count: () => left.uploads().length,
    async close() {
      retryTimer.reset()
      closing.abort()
      await running
    },
  }
}

/** With `MODELFERRY_SERVER`, what was left on other servers waits for a process that may use them. */
function findLeft({ store, accounts, settings }: CleanupOptions) {
  function isOnKnownServer({ accountId }: Pick<TeamChoice, 'accountId'>): boolean {
    const account = accounts.list().find(({ id }) => id === accountId)
    return account === undefined || isKnownServer(settings(), account.server)
  }
  return {
    uploads: () => store.abandonedUploads().filter(isOnKnownServer),
    models: () => store.displacedModels().filter(isOnKnownServer),
  }
}

/** The servers of accounts that have requested to wait. They get no request before. */
function createServerWaits(environment: Environment) {
  const endsMs = new Map<string, number>()
  return {
    has: (accountId: string) => environment.monotonicMs() < (endsMs.get(serverOf(accountId)) ?? -Infinity),
    add: (accountId: string, waitMs: number) =>
      void endsMs.set(serverOf(accountId), environment.monotonicMs() + waitMs),
  }
}

/** The timer of the next cleanup after one that failed. */
function createRetryTimer({ timers, random }: Environment, onDue: () => void) {
  let failedRetries = 0
  let cancel: (() => void) | null = null
  return {
    /**
     * Starts after a failed cleanup. One that the timer has not requested does not delay the next one, unless the
     * server requests to wait.
     */
    start(waitMs: number, wasTimed: boolean): void {
      if (wasTimed) failedRetries += 1
      if (cancel && waitMs === 0) return
      cancel?.()
      const doubledMs = Math.min(firstRetryMs * 2 ** failedRetries, maxRetryMs)
      cancel = timers.after(addJitter(Math.max(doubledMs, waitMs), random()), () => {
        cancel = null
        onDue()
      })
    },
    reset(): void {
      failedRetries = 0
      cancel?.()
      cancel = null
    },
  }
}

/** How long a server requests to wait by a temporary failure; 0 if it does not. */
const requestedWaitMs = ({ code, retryAfterMs }: Failure): number =>
  retryAfterMs || (code === 'rate-limited' ? firstRetryMs : 0)
