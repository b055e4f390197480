import type { Access, Accounts } from '../accounts/accounts.ts'
import { findSignIn } from '../contract/account.ts'
import { isUnsupported } from '../cloud/client.ts'
import { getModel } from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'
import { serverOf, type Account } from '../contract/account.ts'
import {
  failed,
  failure,
  harmlessText,
  retryClassOf,
  success,
  type Failure,
  type FailureCode,
  type Result,
} from '../contract/failures.ts'
import type { Receipt } from '../contract/receipt.ts'
import {
  isRecordWrong,
  recordFields,
  type RecordDifference,
  type Verification,
} from '../contract/verification.ts'
import {
  isRegistered,
  isRegisteredUpload,
  type RegisteredRecord,
  type RegisteredUpload,
} from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { isAborted, type Attempt } from '../platform/aborted.ts'
import { abortableDelay, raceAbort } from '../platform/delays.ts'
import type { Environment, Log, Timers } from '../platform/environment.ts'
import { recheckDelayMs, retryDelay } from '../platform/retry.ts'
import { readListed } from './read-listed.ts'

/**
 * Reads the record of each registered model back and compares it with the file, in the background: no upload
 * waits for it, and its failures are never failures of the upload.
 */
export interface Verifier {
  /** Verifies these uploads, if they are registered. */
  verify(ids: readonly string[]): void
  /** Verifies an upload together with those that are registered next, within a minute. */
  verifySoon(id: string): void
  /** Verifies at once what waits for more uploads: none is running. */
  verifyCollected(): void
  /** Verifies what no process has verified yet, and what could not be verified for a temporary reason. */
  verifyOpen(): void
  /** This app has deleted a model, which its uploads say instead of reporting it as missing. */
  modelDeleted(modelId: string): void
  /** Compares the library's record with a receipt. `signed-out` without a sign-in to the receipt's team. */
  verifyReceipt(receipt: Receipt, signal: AbortSignal): Promise<Result<Verification>>
  close(): Promise<void>
}

/** Low, since uploads do not wait for a verification but share the server with it. */
const maxAtOnce = 2
/** Requests per verification; after the last one the upload counts as not verified for now. */
const maxAttempts = 4
/** How many open verifications `verifyOpen` starts, latest first. */
const maxOpenAtOnce = 500
/** A longer delay, which only a server's Retry-After causes, ends the verification for now; in ms. */
const maxDelayMs = 60_000
/**
 * While others are running, registered uploads are collected for this time, in ms, or until there are this many: as
 * many as a page of the listing has.
 */
const collectForMs = 60_000
const maxCollected = 100
/** Fewer uploads are read one by one. */
const minListed = 10
/** A server sets both times of a new record at once; this is more than its clock may move between, in ms. */
const sameMomentMs = 1_000

interface VerifierOptions {
  readonly rows: Pick<Rows, 'get' | 'change' | 'inTransaction'>
  readonly store: Pick<UploadStore, 'find' | 'save' | 'unverified' | 'registeredAs'>
  readonly accounts: Pick<Accounts, 'list' | 'accessFor'>
  readonly environment: Environment
  /** An upload has been verified, or could not be; null if it was removed meanwhile. */
  readonly verified: (id: string, verification: Verification | null) => void
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { rows, store, accounts, environment } = options
  const closing = new AbortController()
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const deletedModels = createDeletedModels(options, write)
  const collector = createCollector(environment.timers, verify)
  const batches = createBatchVerifier(options, {
    recordOf,
    write,
    signal: closing.signal,
    notVerified(ids) {
      for (const id of ids) waiting.add(id)
      fill()
    },
  })

  function recordOf(id: string): RegisteredUpload | null {
    const record = finishedRecord(id, options)
    return record && isRegisteredUpload(record) ? record : null
  }

  function fill(): void {
    for (const id of waiting) {
      if (closing.signal.aborted || running.size >= maxAtOnce) return
      waiting.delete(id)
      const run = verifyOne(id)
        .catch((error: unknown) => {
          if (!closing.signal.aborted)
            environment.log.error('a verification threw an exception', { id, error: String(error) })
          return null
        })
        .then((verification) => {
          if (!closing.signal.aborted) options.verified(id, verification)
        })
        .finally(() => {
          running.delete(id)
          fill()
        })
      running.set(id, run)
    }
  }

  async function verifyOne(id: string): Promise<Verification | null> {
    for (let attempt = 1; ; attempt += 1) {
      const record = recordOf(id)
      if (!record || closing.signal.aborted) return null
      const answer = await readRecord(accounts, record, closing.signal)
      if (isAborted(answer)) return null
      const nowMs = environment.now()
      if (answer.ok) return write(id, compare(expectedRecord(record), answer.value, nowMs))
      const delayMs = attemptDelayMs(attempt, answer.failure, environment.random())
      if (delayMs === null || delayMs > maxDelayMs) return write(id, notVerified(answer.failure, nowMs))
      await abortableDelay(environment.timers, delayMs, closing.signal)
    }
  }

  function write(id: string, answer: Verification): Verification | null {
    // The user may have removed it from the history meanwhile.
    const record = finishedRecord(id, options)
    if (!record) return null
    const verification = deletedModels.explain(record, answer)
    if (isSameReason(record.state.verification, verification)) return verification
    const change = { state: { ...record.state, verification }, failure: failureOf(verification) }
    // What a power failure undoes is verified again after the next start.
    const unflushed = { isFlushed: false } as const
    const written = rows.get(id)
      ? rows.change(id, change, unflushed)
      : store.save([{ ...record, ...change }], unflushed)
    logResult(environment.log, id, { written, verification })
    return verification
  }

  function verify(ids: readonly string[]): void {
    const isBeingVerified = (id: string) => running.has(id) || batches.has(id) || waiting.has(id)
    const uploads = [...new Set(ids)].flatMap((id) => (isBeingVerified(id) ? [] : (recordOf(id) ?? [])))
    collector.remove(uploads)
    const teams = Map.groupBy(uploads, ({ accountId, team }) => `${accountId} ${team.id}`)
    for (const ofTeam of teams.values()) {
      if (ofTeam.length >= minListed) batches.start(ofTeam)
      else for (const { id } of ofTeam) waiting.add(id)
    }
    fill()
  }

  return {
    verify,
    verifySoon(id) {
      if (!closing.signal.aborted) collector.add(id)
    },
    verifyCollected: collector.flush,
    verifyOpen() {
      const known = accounts.list()
      const open = store.unverified().filter((upload) => findSignIn(known, upload) !== null)
      verify(open.slice(0, maxOpenAtOnce).map(({ id }) => id))
    },
    modelDeleted: deletedModels.add,
    verifyReceipt: (receipt, signal) => verifyReceipt(receipt, options, signal),
    async close() {
      closing.abort()
      collector.close()
      await Promise.all([...running.values(), batches.ended()])
    },
  }
}

function finishedRecord(id: string, { rows, store }: VerifierOptions): RegisteredRecord | null {
  const record = rows.get(id)?.record ?? store.find(id)
  return record && isRegistered(record) ? record : null
}

/** Access to the library of an upload's team. Any sign-in of the same user has it. */
function accessTo(
  accounts: VerifierOptions['accounts'],
  { accountId, team }: RegisteredUpload,
): Result<Access> {
  const account = findSignIn(accounts.list(), { accountId, teamId: team.id })
  return accounts.accessFor(account?.id ?? accountId, team.id)
}

async function readRecord(
  accounts: VerifierOptions['accounts'],
  record: RegisteredUpload,
  signal: AbortSignal,
): Promise<Attempt<ModelWire>> {
  const access = accessTo(accounts, record)
  if (!access.ok) return access
  const { client, signer } = access.value
  // The signal of a request does not abort the refresh of its token.
  return raceAbort(getModel(client, signer, record.state.modelId, signal), signal)
}

function logResult(
  log: Log,
  id: string,
  { written, verification }: { readonly written: Result<void>; readonly verification: Verification },
): void {
  if (!written.ok) log.error('a verification could not be recorded', { id, code: written.failure.code })
  const differences = verification.kind === 'differs' ? verification.differences : []
  const fields = differences.map(({ field }) => field).join()
  if (fields !== '') log.error('a model’s record differs from its file', { id, fields })
}

/** Collects uploads that are verified together. */
function createCollector(timers: Timers, verify: (ids: readonly string[]) => void) {
  const collected = new Set<string>()
  let cancel: (() => void) | null = null

  function flush(): void {
    cancel?.()
    cancel = null
    const ids = [...collected]
    collected.clear()
    verify(ids)
  }

  return {
    add(id: string): void {
      collected.add(id)
      if (collected.size >= maxCollected) flush()
      else cancel ??= timers.after(collectForMs, flush)
    },
    remove(uploads: readonly RegisteredUpload[]): void {
      for (const { id } of uploads) collected.delete(id)
    },
    flush,
    close: () => cancel?.(),
  }
}

/** Verifies many uploads of a team with a listing, one team at a time. */
function createBatchVerifier(
  { rows, accounts, environment, verified }: VerifierOptions,
  run: {
    readonly recordOf: (id: string) => RegisteredUpload | null
    readonly write: (id: string, verification: Verification) => Verification | null
    readonly signal: AbortSignal
    /** The listing does not show that these are as registered. */
    readonly notVerified: (ids: readonly string[]) => void
  },
) {
  const { recordOf, write, signal } = run
  const running = new Set<string>()
  let last: Promise<void> = Promise.resolve()

  async function verifyListed(uploads: readonly RegisteredUpload[]): Promise<void> {
    const access = uploads[0] && accessTo(accounts, uploads[0])
    if (!access?.ok || signal.aborted) return
    const modelIds = new Set(uploads.map(({ state }) => state.modelId))
    const models = await raceAbort(readListed(access.value, modelIds, signal), signal)
    if ('kind' in models) return
    const atMs = environment.now()
    const found = new Map<string, Verification>()
    const written = rows.inTransaction(() => {
      for (const { id } of uploads) {
        const record = recordOf(id)
        const model = record && models.get(record.state.modelId)
        const verification = model ? compare(expectedRecord(record), model, atMs) : null
        if (verification?.kind === 'verified' && write(id, verification)) found.set(id, verification)
      }
    })
    if (!written.ok) {
      environment.log.error('verifications could not be recorded', { code: written.failure.code })
      return
    }
    for (const [id, verification] of found) {
      running.delete(id)
      verified(id, verification)
    }
  }

  return {
    has: (id: string) => running.has(id),
    start(uploads: readonly RegisteredUpload[]): void {
      for (const { id } of uploads) running.add(id)
      last = last
        .then(() => verifyListed(uploads))
        .catch((error: unknown) => {
          if (!signal.aborted)
            environment.log.error('a listing for verifications threw an exception', { error: String(error) })
        })
        .finally(() => run.notVerified(uploads.flatMap(({ id }) => (running.delete(id) ? [id] : []))))
    },
    ended: () => last,
  }
}

/** The models that this app has deleted. */
function createDeletedModels(
  { store, environment, verified }: VerifierOptions,
  write: (id: string, verification: Verification) => Verification | null,
) {
  const ids = new Set<string>()

  return {
    /** The result for an upload whose model may be missing because of that, or was read before. */
    explain({ state: { modelId, verification } }: RegisteredRecord, result: Verification): Verification {
      const wasDeleted = verification?.kind === 'not-verified' && verification.reason === 'deleted'
      const isExplained = ids.has(modelId) || (wasDeleted && isMissing(result))
      return isExplained ? notVerifiedFor('deleted', environment.now()) : result
    },
    add(modelId: string): void {
      ids.add(modelId)
      for (const { id } of store.registeredAs(modelId)) {
        const verification = write(id, notVerifiedFor('deleted', environment.now()))
        if (verification) verified(id, verification)
      }
    },
  }
}

/** Compares the library's record with a receipt, once. */
async function verifyReceipt(
  receipt: Receipt,
  { accounts, environment }: Pick<VerifierOptions, 'accounts' | 'environment'>,
  signal: AbortSignal,
): Promise<Result<Verification>> {
  const account = accounts
    .list()
    .find(({ id, state, teams }) => state === 'ready' && isFor(receipt, id, teams))
  if (!account) return failed(failure('signed-out'))
  const access = accounts.accessFor(account.id, receipt.team.id)
  if (!access.ok) return access
  const { client, signer } = access.value
  const answer = await getModel(client, signer, receipt.model.id, signal)
  const nowMs = environment.now()
  if (answer.ok) return success(compare(receiptRecord(receipt), answer.value, nowMs))
  return isUnsupported(answer.failure) || answer.failure.code === 'not-found'
    ? success(notVerified(answer.failure, nowMs))
    : answer
}

/** Whether an account can read the library that a receipt is for. */
const isFor = (receipt: Receipt, accountId: string, teams: Account['teams']) =>
  serverOf(accountId) === receipt.server && teams.some(({ id }) => id === receipt.team.id)

/** Delay before the next attempt, in ms, or null when there is none. */
function attemptDelayMs(attempt: number, met: Failure, random: number): number | null {
  if (attempt >= maxAttempts || isUnsupported(met)) return null
  // A server may return a new record only some seconds after it has created it.
  return met.code === 'not-found' ? recheckDelayMs : retryDelay(attempt, met, random)
}

/** Failures before the API was reached: with a login or another certificate the record can be read. */
const connectionCodes: ReadonlySet<FailureCode> = new Set([
  'certificate-untrusted',
  'certificate-expired',
  'certificate-wrong-name',
  'proxy-sign-in',
  'proxy-refuses',
])

function notVerified(met: Failure, atMs: number): Verification {
  if (isUnsupported(met)) return notVerifiedFor('unsupported', atMs)
  if (met.code === 'not-found') return notVerifiedFor('missing', atMs)
  const isFinal = retryClassOf(met) === 'never' && !connectionCodes.has(met.code)
  return { kind: 'not-verified', reason: met.code, isFinal, atMs }
}

/** These reasons do not pass. */
const notVerifiedFor = (
  reason: 'unsupported' | 'missing' | 'incomplete' | 'edited' | 'deleted',
  atMs: number,
): Verification => ({ kind: 'not-verified', reason, isFinal: true, atMs })

const isMissing = (verification: Verification) =>
  verification.kind === 'not-verified' && verification.reason === 'missing'

/**
 * Compares a record of the library with what was registered. Type and path of a record that was edited since
 * are no difference, but not verified either.
 */
function compare(expected: RecordValues<string | null>, model: ModelWire, atMs: number): Verification {
  const found = foundRecord(model)
  const differences: RecordDifference[] = recordFields.flatMap((field) => {
    const value = found[field]
    const expectedValue = expected[field]
    return value === null || expectedValue === null || value === expectedValue
      ? []
      : [{ field, expected: expectedValue, found: harmlessText(value) }]
  })
  const isEdited = wasEdited(model)
  const relevant = differences.filter(({ field }) => !isEdited || (field !== 'path' && field !== 'type'))
  if (relevant.length > 0) return { kind: 'differs', differences: relevant, atMs }
  if (differences.length > 0) return notVerifiedFor('edited', atMs)
  const isComplete = recordFields.every((field) => found[field] !== null || expected[field] === null)
  return isComplete ? { kind: 'verified', atMs } : notVerifiedFor('incomplete', atMs)
}

type RecordValues<Value> = Readonly<Record<(typeof recordFields)[number], Value>>

function expectedRecord({ identity, state, target }: RegisteredUpload): RecordValues<string> {
  return {
    size: String(identity.sizeBytes),
    hash: `sha256:${state.sha256}`,
    storageKey: state.storageKey,
    path: target.modelPath,
    type: target.modelType,
  }
}

/** The same of a receipt; null for what is not compared. */
function receiptRecord({ file, model, storageKey }: Receipt): RecordValues<string | null> {
  return {
    size: String(file.sizeBytes),
    hash: `sha256:${file.sha256}`,
    storageKey,
    path: model.path,
    type: model.type,
  }
}

/** The same of the library's record; null where the server left it out. */
function foundRecord(model: ModelWire): RecordValues<string | null> {
  const { file_size, file_hash, storage_key, model_path, model_type } = model
  return {
    size: file_size === undefined || file_size === null ? null : String(file_size),
    hash: file_hash ? file_hash.toLowerCase().replace(/^(?=[0-9a-f]{64}$)/, 'sha256:') : null,
    storageKey: storage_key ?? null,
    path: model_path ?? null,
    type: model_type === '' ? null : model_type,
  }
}

function wasEdited({ created_at, updated_at }: ModelWire): boolean {
  return Date.parse(updated_at ?? '') - Date.parse(created_at ?? '') > sameMomentMs
}

/** Whether a verification failed again as before, so that the journal need not be written. */
function isSameReason(before: Verification | undefined, after: Verification): boolean {
  if (before?.kind !== 'not-verified' || after.kind !== 'not-verified') return false
  return before.reason === after.reason && before.isFinal === after.isFinal
}

/** The failure that the row shows. Of several differences the first; the details of the upload list all. */
function failureOf(verification: Verification): Failure | null {
  if (verification.kind !== 'differs') return isRecordWrong(verification) ? failure('record-missing') : null
  const [first] = verification.differences
  if (!first) return null
  return failure('record-differs', { field: first.field, expected: first.expected, found: first.found })
}
