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
import type { Remainder, SealedAccounts, SealedUser, StoredSeal } from '../journal/sealing/sealed-accounts.ts'
import { eraseTraces } from '../platform/files/erase-traces.ts'
import type { AccountStore, Environment, SecretStore } from '../platform/environment.ts'

/**
 * How often the journal is read for sign-outs of other processes, and for what could not be encrypted before,
 * in ms. It costs one query of a small table.
 */
const defaultCheckMs = 2_000
/** Delay after the keychain refused a key, which may ask the user each time, or files could not be erased, in ms. */
const retryMs = 60_000

/** Encrypts what belongs to users who sign out, and decrypts it when they sign in again. */
export interface AccountSealing {
  /**
   * Stores a key for the next sign-out in the keychain, so that it is certain to be there: `seal-unavailable`
   * if it isn't.
   */
  prepare(): Promise<Result<void>>
  /**
   * Encrypts or deletes what belongs to users who have signed out. `seal-pending`: it is hidden, and this is
   * tried again until it succeeds.
   */
  sealDeparted(): Promise<Result<void>>
  /** Decrypts what belongs to users who are signed in. Problems are in `problem`. */
  unsealPresent(): Promise<void>
  /** Why something can't be decrypted, or null. Only for users who are signed in. */
  problem(): Failure | null
  /**
   * Deletes the log files again if this process has encrypted or deleted anything: requests that belong to a
   * sign-out end after it, and may be logged.
   */
  eraseLogsAgain(): Promise<void>
  /** Deletes what can't be decrypted because its key is missing or it is damaged. */
  discard(): Promise<Result<void>>
  /** Repeats what could not be done, and watches for sign-ins and sign-outs of other processes. */
  watch(): void
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
  /** How often `watch` checks, in ms; never if it is null. */
  readonly checkEveryMs?: number | null | undefined
  /**
   * Stops the uploads of these accounts and drops everything that is kept of them in memory; false if this
   * process still needs it.
   */
  readonly release: (accounts: readonly Account[]) => Promise<boolean>
  /**
   * Resolves once the secrets that an interrupted sign-out has left are erased: they can't be found once the
   * accounts are encrypted.
   */
  readonly secretsErased: () => Promise<unknown>
  /** Something was encrypted, deleted or decrypted, or the sign-ins of another process have changed. */
  readonly onChange: () => void
}

export function createAccountSealing(options: SealingOptions): AccountSealing {
  const { sealed, accountStore, environment, onChange, checkEveryMs = defaultCheckMs } = options
  const keys = createSealKeys(options)
  const closing = new AbortController()
  const isClosed = () => closing.signal.aborted
  const unsealing = createUnsealing(options, keys, isClosed)
  let last: Promise<unknown> = Promise.resolve()
  let stopChecks = () => {}
  const accountChanges = createAccountChanges(accountStore)
  let failedAtMs = -Infinity
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
    if (!(await options.release(affected))) return failed(failure('seal-pending'))
    accountChanges.noteReleased(affected)
    await options.secretsErased()
    const seal = isRemoved ? null : await keys.take()
    if (seal && !seal.ok) {
      failedAtMs = environment.monotonicMs()
      return failed(failure('seal-pending', {}, { detail: seal.failure.code }))
    }
    const { step, isUsed } = await repeatSteps(
      () => (seal ? sealed.sealNext(user, seal.value) : sealed.removeNext(user)),
      isClosed,
    )
    if (seal && !isUsed) keys.putBack(seal.value)
    if (!step.ok) return failed(failure('seal-pending', {}, { detail: step.failure.code }))
    return step.value === 'nothing' ? success(undefined) : failed(failure('seal-pending'))
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
    const isErased = await erase(options)
    if (!isErased) failedAtMs = environment.monotonicMs()
    return result.ok && !isErased ? failed(failure('seal-pending')) : result
  }

  async function check(): Promise<void> {
    if (isClosed()) return
    const { hasChanged, wasAnyRemoved, unreleased } = accountChanges.compare()
    // What another process has encrypted, this one still has in memory.
    if (unreleased.length > 0) await options.release(unreleased)
    // This process may have written lines about the account after the log files were deleted.
    if (wasAnyRemoved) {
      hasSealed = true
      await deleteTraces(options)
    }
    const isLate = environment.monotonicMs() - failedAtMs >= retryMs
    if (isLate && (sealed.needsErasing() || departedUsers(options).length > 0)) await sealAll()
    if (hasChanged || unsealing.problem()?.code === 'sealed-full') await unsealAll()
    // Another process may have decrypted what belongs to the account.
    if (hasChanged) onChange()
  }

  async function unsealAll(): Promise<void> {
    const problemBefore = unsealing.problem()?.code
    const isAnyUnsealed = await unsealing.unsealAll()
    if (isAnyUnsealed || problemBefore !== unsealing.problem()?.code) onChange()
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
        await erase(options)
        onChange()
        return discarded
      }),
    watch() {
      accountChanges.compare()
      if (checkEveryMs !== null && !isClosed())
        stopChecks = repeat(environment, checkEveryMs, () => inTurn(check))
    },
    async close() {
      closing.abort()
      stopChecks()
      await last
    },
  }
}

/** Runs `work` again `delayMs` after each end of it; returns a function that stops this. */
function repeat({ timers }: Environment, delayMs: number, work: () => Promise<void>) {
  let isStopped = false
  let cancel = () => {}
  function schedule(): void {
    if (isStopped) return
    cancel = timers.after(delayMs, () => {
      void work()
        .catch(() => undefined)
        .finally(schedule)
    })
  }
  schedule()
  return () => {
    isStopped = true
    cancel()
  }
}

/** Repeats a step as long as it leaves more to do; returns the last one, and whether any could change something. */
async function repeatSteps(
  work: () => Result<Remainder>,
  isClosed: () => boolean,
): Promise<{ readonly step: Result<Remainder>; readonly isUsed: boolean }> {
  let step: Result<Remainder> = success('more')
  let isUsed = false
  while (step.ok && step.value === 'more' && !isClosed()) {
    step = work()
    isUsed ||= step.ok && step.value !== 'process'
    // Lets the window respond between two steps.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { step, isUsed }
}

/** Compares the accounts with those at the last comparison, here or in another process. */
function createAccountChanges(accountStore: SealingOptions['accountStore']) {
  let seen: readonly Account[] | null = null
  /** Accounts that this process has released. */
  const releasedIds = new Set<string>()
  const summaryOf = (accounts: readonly Account[]) =>
    JSON.stringify(accounts.map(({ id, state }) => [id, state]))
  return {
    compare() {
      const before = seen
      const now = accountStore.list()
      seen = now
      // Signed in again after all.
      for (const { id, state } of now) if (state === 'ready') releasedIds.delete(id)
      const removed = (before ?? []).filter(({ id }) => !now.some((other) => other.id === id))
      return {
        hasChanged: before !== null && summaryOf(before) !== summaryOf(now),
        wasAnyRemoved: removed.length > 0,
        unreleased: removed.filter(({ id }) => !releasedIds.delete(id)),
      }
    },
    noteReleased(accounts: readonly Account[]) {
      for (const { id } of accounts) releasedIds.add(id)
    },
  }
}

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

/** Erases what the files of the data folder still have of deleted rows; returns whether it succeeded. */
async function erase(options: SealingOptions): Promise<boolean> {
  const { sealed } = options
  if (!sealed.needsErasing()) return true
  const areTracesErased = await deleteTraces(options)
  return sealed.erase({ isLast: areTracesErased })
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
    async prepare(): Promise<Result<void>> {
      const stored = prepared ? success(prepared) : await store()
      if (stored.ok) prepared = stored.value
      return stored.ok ? success(undefined) : stored
    },
    /** A new key, or the one that was prepared. Each is used for one user. */
    async take(): Promise<Result<Seal>> {
      const seal = prepared
      prepared = null
      return seal ? success(seal) : store()
    },
    /** Keeps a key that nothing was encrypted with for the next user. */
    putBack(seal: Seal): void {
      prepared ??= seal
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
        else if (seal.value === null) {
          // Another process may have decrypted it meanwhile.
          if (sealed.seals().some(({ id }) => id === stored.id)) missing.push(stored.id)
        } else if (isOfAny(seal.value, stored, ready)) {
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
