import { eraseSealKey, readSealKey, writeSealKey } from '../accounts/secrets.ts'
import {
  departedAccounts,
  isSamePerson,
  isToBeRemoved,
  type Account,
  type KeychainState,
} from '../contract/account.ts'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import { createSeal, ownerTag, type Seal } from '../journal/sealing/seal.ts'
import type { SealedAccounts, SealedUser, StoredSeal } from '../journal/sealing/sealed-accounts.ts'
import { eraseTraces } from '../platform/files/erase-traces.ts'
import type { AccountStore, Environment, SecretStore } from '../platform/environment.ts'

/** Delay after something could not be done. The keychain may ask the user each time. */
const retryMs = 60_000

/** Encrypts what belongs to users who sign out, and decrypts it when they sign in again. */
export interface AccountSealing {
  /**
   * Stores a key for the next sign-out in the keychain, so that it is certain to be there: `seal-unavailable`
   * if it isn't.
   */
  prepare(): Promise<Result<unknown>>
  /**
   * Encrypts or deletes what belongs to users who have signed out. `seal-pending`: it is hidden, and this is
   * tried again every minute until it succeeds.
   */
  sealDeparted(): Promise<Result<void>>
  /** Decrypts what belongs to users who are signed in. Problems are in `problem`; `sealed-full` is tried again. */
  unsealPresent(): Promise<void>
  /** Why something can't be decrypted, or null. Only for users who are signed in. */
  problem(): Failure | null
  /**
   * Deletes the log files again if anything was encrypted or deleted since the start: requests that belong to a
   * sign-out end after it, and may be logged.
   */
  eraseLogsAgain(): Promise<void>
  /** Deletes what can't be decrypted because its key is missing or it is damaged. */
  discard(): Promise<Result<void>>
  close(): Promise<void>
}

export interface SealingOptions {
  readonly sealed: SealedAccounts
  readonly accountStore: Pick<AccountStore, 'list'>
  /** The accounts that are signed in, also those with a token from outside. */
  readonly readyAccounts: () => readonly Account[]
  readonly secretStore: SecretStore
  readonly keychainState: () => KeychainState
  readonly environment: Environment
  /** The data folder, and the folders of the logs. */
  readonly folder: string
  readonly logFolders: readonly string[]
  /** Resolves once all lines so far are in the log files. */
  readonly flushLog: () => Promise<void>
  /** Stops the uploads of these accounts and drops everything that is kept of them in memory. */
  readonly release: (accounts: readonly Account[]) => Promise<void>
  /**
   * Resolves once the secrets that an interrupted sign-out has left are erased: they can't be found once the
   * accounts are encrypted.
   */
  readonly secretsErased: () => Promise<unknown>
  /** Something was encrypted, deleted or decrypted. */
  readonly onChange: () => void
}

export function createAccountSealing(options: SealingOptions): AccountSealing {
  const { sealed, accountStore, environment, onChange } = options
  const keys = createSealKeys(options)
  const closing = new AbortController()
  const isClosed = () => closing.signal.aborted
  const unsealing = createUnsealing(options, keys, isClosed)
  let last: Promise<unknown> = Promise.resolve()
  let cancelRetry = () => {}
  let hasSealed = false

  /** One after the other: a sign-in waits until the sign-out before it is complete. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work)
    last = turn.catch((error: unknown) =>
      environment.log.error('sealing threw an exception', { error: String(error) }),
    )
    return turn
  }

  async function sealUser(user: SealedUser): Promise<Result<void>> {
    const { account } = user
    const own = accountStore.list().filter((other) => isSamePerson(other, account))
    const isRemoved = own.some(({ data }) => data === 'removed')
    const affected = isRemoved ? own.filter(isToBeRemoved) : own
    await options.release(affected)
    await options.secretsErased()
    const seal = isRemoved ? null : await keys.prepare()
    if (seal && !seal.ok) return pending(seal.failure)
    for (;;) {
      if (isClosed()) return pending()
      const step = seal ? sealed.sealNext(user, seal.value) : sealed.removeNext(user)
      if (!step.ok) return pending(step.failure)
      if (seal) keys.markUsed()
      if (step.value === 'nothing') return success(undefined)
      // Lets the window respond between two steps.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async function sealAll(): Promise<Result<void>> {
    const users = departedUsers(options)
    let result: Result<void> = success(undefined)
    for (const user of users) {
      const done = await sealUser(user)
      if (!done.ok) result = done
    }
    if (users.length > 0) onChange()
    hasSealed ||= sealed.needsErasing()
    const isErased = await eraseDeleted()
    if (!result.ok) retryLater()
    return result.ok && !isErased ? pending() : result
  }

  /** Erases what the files of the data folder still have of deleted rows; returns whether it succeeded. */
  async function eraseDeleted(): Promise<boolean> {
    if (!sealed.needsErasing()) return true
    const areTracesErased = await deleteTraces(options)
    const isErased = sealed.erase({ isLast: areTracesErased })
    if (!isErased) retryLater()
    return isErased
  }

  function retryLater(): void {
    cancelRetry()
    if (!isClosed())
      cancelRetry = environment.timers.after(retryMs, () => void inTurn(retry).catch(() => undefined))
  }

  async function retry(): Promise<void> {
    if (isClosed()) return
    await sealAll()
    if (unsealing.problem()?.code === 'sealed-full') await unsealAll()
  }

  async function unsealAll(): Promise<void> {
    const problemBefore = unsealing.problem()?.code
    const isAnyUnsealed = await unsealing.unsealAll()
    const problem = unsealing.problem()?.code
    if (isAnyUnsealed || problemBefore !== problem) onChange()
    if (problem === 'sealed-full') retryLater()
  }

  return {
    prepare: () => inTurn(keys.prepare),
    sealDeparted: () => inTurn(sealAll),
    unsealPresent: () => inTurn(unsealAll),
    problem: unsealing.problem,
    eraseLogsAgain: () =>
      inTurn(async () => {
        if (hasSealed) await deleteTraces(options)
      }),
    discard: () =>
      inTurn(async () => {
        const discarded = unsealing.discard()
        await eraseDeleted()
        onChange()
        return discarded
      }),
    async close() {
      closing.abort()
      cancelRetry()
      await last
    },
  }
}

const pending = (reason?: Failure): Result<void> =>
  failed(failure('seal-pending', {}, { detail: reason?.code }))

/** The users who have signed out, one account of each. */
function departedUsers({ accountStore, readyAccounts }: SealingOptions): readonly SealedUser[] {
  const ready = readyAccounts()
  const departed = departedAccounts(accountStore.list()).filter(
    (account) => !ready.some((other) => isSamePerson(account, other)),
  )
  return departed
    .filter((account, index) => departed.findIndex((other) => isSamePerson(account, other)) === index)
    .map((account) => ({ account, hasOtherUsers: ready.length > 0 }))
}

async function deleteTraces({ flushLog, folder, logFolders, environment }: SealingOptions): Promise<boolean> {
  // Lines that wait would be written to new files.
  await flushLog()
  return eraseTraces(folder, logFolders, environment.log)
}

/** Keys that are certain to be in the keychain. */
function createSealKeys({ secretStore, keychainState, environment }: SealingOptions) {
  let prepared: Seal | null = null

  async function store(): Promise<Result<Seal>> {
    const seal = createSeal()
    const written = await writeSealKey(secretStore, seal.id, seal.key)
    const read = written.ok ? await readSealKey(secretStore, seal.id) : written
    // Without a keychain the app keeps secrets in memory, which would lose the data when it quits.
    if (read.ok && read.value === seal.key && keychainState() === 'ok') return success(seal)
    await eraseSealKey(secretStore, seal.id)
    const code = read.ok ? keychainState() : read.failure.code
    environment.log.warn('no key for encrypting could be stored', { code })
    return failed(failure('seal-unavailable', {}, { detail: code }))
  }

  return {
    /** A key that nothing was encrypted with. */
    async prepare(): Promise<Result<Seal>> {
      const stored = prepared ? success(prepared) : await store()
      if (stored.ok) prepared = stored.value
      return stored
    },
    /** Each key is used for one user. */
    markUsed(): void {
      prepared = null
    },
    /** The key of a seal; null if it is certain that the keychain has none. */
    async read({ id }: StoredSeal): Promise<Result<Seal | null>> {
      const key = await readSealKey(secretStore, id)
      if (key.ok && key.value !== null) return success({ id, key: key.value })
      // A locked keychain looks like an empty one, but accepts nothing.
      const probe = await store()
      if (probe.ok) await eraseSealKey(secretStore, probe.value.id)
      return key.ok && probe.ok ? success(null) : failed(failure('sealed-locked'))
    },
    erase: ({ id }: Seal) => eraseSealKey(secretStore, id),
  }
}

function createUnsealing(
  { sealed, accountStore }: SealingOptions,
  keys: ReturnType<typeof createSealKeys>,
  isClosed: () => boolean,
) {
  let problem: Failure | null = null
  let undecryptable: { readonly seals: readonly string[]; readonly parts: readonly number[] } = {
    seals: [],
    parts: [],
  }

  /** Decrypts all parts of a seal, or until the process ends; returns the damaged ones. */
  async function unseal(seal: Seal): Promise<Result<readonly number[]>> {
    const damaged: number[] = []
    let afterId = 0
    while (!isClosed()) {
      const part = sealed.unsealNext(seal, afterId)
      if (!part.ok) return part
      if (part.value === null) {
        if (damaged.length === 0) await keys.erase(seal)
        break
      }
      afterId = part.value.id
      if (part.value.isDamaged) damaged.push(afterId)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return success(damaged)
  }

  return {
    problem: () => problem,
    /** Returns whether anything was decrypted. */
    async unsealAll(): Promise<boolean> {
      let isAnyUnsealed = false
      const ready = accountStore.list().filter(({ state }) => state === 'ready')
      const seals = ready.length > 0 ? sealed.seals() : []
      const missing: string[] = []
      const damaged: number[] = []
      let failureNow: Failure | null = null
      for (const stored of seals) {
        const seal = await keys.read(stored)
        if (!seal.ok) failureNow ??= seal.failure
        else if (seal.value === null) missing.push(stored.id)
        else if (isOfAny(seal.value, stored, ready)) {
          const done = await unseal(seal.value)
          isAnyUnsealed = true
          if (done.ok) damaged.push(...done.value)
          else failureNow ??= failure('sealed-full', {}, { detail: done.failure.code })
        }
      }
      if (missing.length > 0) failureNow ??= failure('sealed-key-missing')
      if (damaged.length > 0) failureNow ??= failure('sealed-damaged')
      problem = failureNow
      undecryptable = { seals: missing, parts: damaged }
      return isAnyUnsealed
    },
    discard(): Result<void> {
      const discarded = sealed.discard(undecryptable)
      if (discarded.ok) problem = null
      return discarded
    },
  }
}

const isOfAny = (seal: Seal, { owner }: StoredSeal, accounts: readonly Account[]) =>
  accounts.some((account) => ownerTag(seal, account) === owner)
