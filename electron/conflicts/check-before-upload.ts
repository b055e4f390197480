import { failure, success, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryListing, LibraryModel, ReplacedFate } from '../contract/library.ts'
import { isAborted, type Attempt } from '../platform/attempt.ts'
import { raceAbort, withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import type { Outcome } from '../journal/outcome.ts'
import { isSameTeam, isStarted, isStored, modelIdOf, type UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { Row, Rows } from '../journal/rows.ts'
import type { FileHashes } from './file-hashes.ts'
import { compareCopies } from '../recognition/copy-rank.ts'
import { createFileSamples, type FileSamples } from './file-samples.ts'
import { runsBefore } from './path-conflict.ts'
import { modelIdsWithOtherBytes, registeredUploadsOfSameSize, toLibraryModel } from './registered-copies.ts'
import { resolvePathConflict } from './resolve-path-conflict.ts'
import { findSameFile } from './same-file.ts'

/** `proceed`: nothing was found that prevents the upload. */
export type ConflictCheckResult = Outcome | { readonly kind: 'proceed' }

/**
 * Checks, before a byte is sent, whether the team has these bytes already and whether something else has the
 * path. What can't be found out never prevents an upload.
 */
export interface ConflictCheck {
  check(id: string, signal: AbortSignal): Promise<ConflictCheckResult>
  /** Removes and returns the uploads that wait for this one. Must be called when it has finished or stopped. */
  takeWaiters(id: string): readonly string[]
}

interface ConflictCheckOptions {
  readonly rows: Rows
  readonly library: Pick<Library, 'models' | 'model' | 'addRegistered'>
  readonly hashes: FileHashes
  readonly store: Pick<UploadStore, 'claimFile' | 'releaseFile' | 'find'>
  readonly environment: Environment
  readonly replacedFate: () => ReplacedFate
  /** An upload was skipped because its path is taken; its row is gone. */
  readonly onSkipped: (record: UploadRecord) => void
  /** The library has the bytes already: the upload is done without sending them. */
  readonly onDuplicate: (id: string, sha256: string, model: LibraryModel) => Result<void>
}

const proceed = { kind: 'proceed' } as const
const abortedOutcome: Outcome = { kind: 'aborted' }

/**
 * How long a listing is waited for, in ms: about as long as the upload would take on a home connection of
 * 10 Mbit/s. The listing of a very large library, or of a slow server, may take longer.
 */
const listingTimeoutMs = { min: 2_000, max: 15_000 }
const homeBytesPerMs = 1_250
/** A model from a listing older than this is looked up again before it counts as a duplicate, in ms. */
const trustedListingMs = 30_000
/** The listing is requested again if it was made longer than this before the file was added, in ms. */
const listedBeforeAddedMs = 5_000
/** Upper limit of a listing's age, in ms, for files that have waited long. */
const maxListingMs = 5 * 60_000
/**
 * How soon a waiting upload checks again, in ms. The other's end wakes it earlier; the other's removal does
 * not.
 */
const recheckMs = 5_000
/** The same for an upload of another process, whose end wakes nothing here. */
const recheckProcessMs = 1_000

/** What an upload has in common with the one it waits for: the bytes, or the path. */
type WaitReason = 'same-as-other' | 'path-goes-first'

export function createConflictCheck(options: ConflictCheckOptions): ConflictCheck {
  const { rows, library, store, environment } = options
  const samples = createFileSamples(environment.timers)
  const waiters = new Map<string, Set<string>>()
  /** Uploads that have passed the check and run: whatever their order, others of the same bytes wait for them. */
  const passed = new Set<string>()

  function waitFor(record: UploadRecord, other: UploadRecord, reason: WaitReason): Outcome {
    waiters.set(other.id, (waiters.get(other.id) ?? new Set()).add(record.id))
    // Otherwise a process that this one waits for could wait for this upload.
    store.releaseFile({ id: record.id })
    // Copies often have the same name.
    const name = reason === 'same-as-other' ? other.target.modelPath : other.target.displayName
    const { failure: previous } = record
    // The identical object, so that a repeated wait writes nothing to the journal.
    const isUnchanged = previous?.code === reason && previous.params['name'] === name
    return {
      kind: 'retry',
      failure: isUnchanged ? previous : failure(reason, { name }),
      atMs: environment.now() + recheckMs,
    }
  }

  async function check(id: string, signal: AbortSignal): Promise<ConflictCheckResult> {
    if (rows.get(id)?.record.failure?.code === 'other-process') {
      const claim = claimFile(options, id)
      if (claim.kind !== 'proceed') return claim
    }
    const result = await checkConflicts(id, signal)
    if (result.kind !== 'proceed') return result
    const claim = claimFile(options, id)
    if (claim.kind === 'proceed') passed.add(id)
    return claim
  }

  async function checkConflicts(id: string, signal: AbortSignal): Promise<ConflictCheckResult> {
    const queued = rows.get(id)?.record
    if (!queued) return proceed
    // It runs now, so the end of another upload must not requeue it.
    for (const ids of waiters.values()) ids.delete(id)
    if (isStarted(queued.state)) return checkBegunUpload(queued, signal)
    const file = await raceAbort(findSameFile(queued), signal)
    if (isAborted(file)) return abortedOutcome
    // Sending reports why a file can't be read.
    if (!file.ok) return proceed
    if (file.value !== queued.identity && !rows.change(id, { identity: file.value }).ok) return proceed
    return checkNewUpload({ ...queued, identity: file.value }, signal)
  }

  async function checkNewUpload(record: UploadRecord, signal: AbortSignal): Promise<ConflictCheckResult> {
    const request = library.models(choiceOf(record), { maxAgeMs: maxListingAgeMs(record, environment) })
    const listing = await listWithTimeout(request, record, { environment, signal })
    if (signal.aborted) return abortedOutcome
    const models = listing?.ok ? listing.value.models : []
    const listedIds = new Set(models.map((model) => model.id))
    const registered = registeredUploadsOfSameSize(rows, record)
    const unlisted = registered.filter(({ state }) => !listedIds.has(state.modelId)).map(toLibraryModel)
    const differing = await modelIdsWithOtherBytes(samples, record, registered)
    const candidates = [...models, ...unlisted].filter(
      (model) =>
        model.sizeBytes === record.identity.sizeBytes &&
        model.sha256 !== null &&
        !differing.has(model.id) &&
        (model.modelPath === null || makesUnnecessary(record, model.modelPath)),
    )
    if (candidates.length > 0) {
      const isRecent =
        listing?.ok === true && environment.now() - listing.value.completeAtMs < trustedListingMs
      const isTrusted = ({ id, modelPath }: LibraryModel) =>
        isRecent && listedIds.has(id) && modelPath !== null
      const duplicate = await finishAsDuplicate(options, { record, candidates, isTrusted }, signal)
      if (signal.aborted) return abortedOutcome
      if (duplicate) return duplicate
    }
    const other = await findQueuedDuplicate({ ...options, samples, passed }, record, signal)
    if (signal.aborted) return abortedOutcome
    if (!other) return resolve(record.id, models)
    // If it was registered while both files were hashed, its end has woken this upload before it waited.
    const isRegistered = rows.get(other.id)?.live.phase === 'registered'
    return isRegistered ? checkNewUpload(record, signal) : waitFor(record, other, 'same-as-other')
  }

  /** Applies the decision about a taken path, or asks for one. */
  function resolve(id: string, models: readonly LibraryModel[]): ConflictCheckResult {
    const resolution = resolvePathConflict(options, id, models)
    if (resolution.kind !== 'wait') return resolution
    const record = rows.get(id)?.record
    return record ? waitFor(record, resolution.other, 'path-goes-first') : abortedOutcome
  }

  /**
   * A path may be found taken only at registering, after the bytes were sent: applies the decision made since
   * then.
   */
  async function checkBegunUpload(record: UploadRecord, signal: AbortSignal): Promise<ConflictCheckResult> {
    const { onConflict, replaces } = record.library ?? {}
    // Once the replacement has begun, the model at the path may be the new one itself.
    const isReplacing = replaces !== undefined && pathKey(replaces.path) === pathKey(record.target.modelPath)
    if (modelIdOf(record.state) !== null || !onConflict || isReplacing) return proceed
    // A stored upload may have been refused for a path that was free in the cached listing.
    const freshness = isStored(record.state) ? { maxAgeMs: 0 } : {}
    const request = library.models(choiceOf(record), freshness)
    const listing = await listWithTimeout(request, record, { environment, signal })
    const models = listing?.ok ? await withStorageKeys(library, record, listing.value.models) : null
    if (signal.aborted) return abortedOutcome
    return models ? resolve(record.id, models) : proceed
  }

  return {
    check,
    takeWaiters(id) {
      passed.delete(id)
      const ids = [...(waiters.get(id) ?? [])]
      waiters.delete(id)
      return ids
    },
  }
}

/**
 * How old a listing may be when it is compared with an upload: files that are added together are compared
 * with the library as it was when they were added, so that one listing serves all of them.
 */
export const maxListingAgeMs = (
  { addedAtMs }: Pick<UploadRecord, 'addedAtMs'>,
  environment: Pick<Environment, 'now'>,
) => Math.min(maxListingMs, Math.max(0, environment.now() - addedAtMs) + listedBeforeAddedMs)

const choiceOf = ({ accountId, team }: UploadRecord) => ({ accountId, teamId: team.id })

/** The team's listing, or null after the timeout; the library caches a later response for the next check. */
function listWithTimeout(
  request: Promise<Result<LibraryListing>>,
  { identity }: Pick<UploadRecord, 'identity'>,
  { environment, signal }: { readonly environment: Environment; readonly signal: AbortSignal },
): Promise<Attempt<LibraryListing> | null> {
  const uploadMs = identity.sizeBytes / homeBytesPerMs
  const timeoutMs = Math.min(listingTimeoutMs.max, Math.max(listingTimeoutMs.min, uploadMs))
  return raceAbort(withTimeout(request, environment.timers, timeoutMs), signal)
}

interface DuplicateSearch {
  readonly record: UploadRecord
  /** Models of the file's size. */
  readonly candidates: readonly LibraryModel[]
  /** Whether the listing is recent enough to believe that this model still exists, at the listed path. */
  isTrusted(model: LibraryModel): boolean
}

/**
 * Hashes the file and finishes the upload if one of the models has the same hash and still exists; else null.
 */
async function finishAsDuplicate(
  { rows, library, hashes, onDuplicate }: ConflictCheckOptions,
  { record, candidates, isTrusted }: DuplicateSearch,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const hash = await hashes.sha256Of(record, {
    signal,
    onProgress: (hashedBytes) => rows.progress(record.id, { hashedBytes }),
  })
  rows.progress(record.id, { hashedBytes: 0 })
  if (isAborted(hash)) return abortedOutcome
  // Sending reports why a file can't be read.
  if (!hash.ok) return null
  const withBytes = candidates.filter(({ sha256 }) => sha256 === hash.value)
  for (const listed of bestFirst(withBytes, record.target.modelPath)) {
    const current = isTrusted(listed) ? null : await library.model(choiceOf(record), listed.id)
    if (signal.aborted) return abortedOutcome
    // Either the model was deleted, or the server did not answer: neither confirms a duplicate.
    if (current && (!current.ok || current.value.sha256 !== hash.value)) continue
    const model = current?.value ?? listed
    if (!makesUnnecessary(record, model.modelPath)) continue
    const written = onDuplicate(record.id, hash.value, model)
    return written.ok ? { kind: 'done' } : { kind: 'failed', failure: written.failure }
  }
  return null
}

/** Claims the file last: what another process registers during the other checks is found here. */
function claimFile(
  { rows, library, store, environment, onDuplicate }: ConflictCheckOptions,
  id: string,
): ConflictCheckResult {
  const record = rows.get(id)?.record
  if (!record) return proceed
  const claim = store.claimFile(record)
  if (!claim.ok) return { kind: 'failed', failure: claim.failure }
  switch (claim.value.kind) {
    case 'held': {
      const detail = `process ${claim.value.pid}`
      const { failure: previous } = record
      // The identical object, so that a repeated wait writes nothing to the journal.
      const isUnchanged = previous?.code === 'other-process' && previous.detail === detail
      const reason = isUnchanged ? previous : failure('other-process', {}, { detail })
      return { kind: 'retry', failure: reason, atMs: environment.now() + recheckProcessMs }
    }
    case 'registered': {
      const { record: other } = claim.value
      const model = toLibraryModel(other)
      // The cached listing may be older.
      library.addRegistered(choiceOf(record), model)
      const written = onDuplicate(id, other.state.sha256, model)
      return written.ok ? { kind: 'done' } : { kind: 'failed', failure: written.failure }
    }
    case 'claimed': {
      const continued = claim.value.isContinued ? store.find(id) : null
      const written = continued
        ? rows.change(id, { state: continued.state, library: continued.library })
        : success(undefined)
      return written.ok ? proceed : { kind: 'failed', failure: written.failure }
    }
  }
}

/**
 * Whether the same bytes at a library path make an upload unnecessary. A loader of a multi-file model looks for
 * each of its files at a path of its own, so the bytes at any other path don't.
 */
export function makesUnnecessary({ recognition, target }: UploadRecord, path: string | null): boolean {
  return recognition.group === undefined || (path !== null && pathKey(path) === pathKey(target.modelPath))
}

/**
 * Which of two uploads of the same bytes is sent. A path of a multi-file model is sent in any case; of other
 * copies the one at the path that workflows look for.
 */
function compareUploads(one: UploadRecord, other: UploadRecord): number {
  const isPart = ({ recognition }: UploadRecord) => Number(recognition.group !== undefined)
  return isPart(other) - isPart(one) || compareCopies(one.target.modelPath, other.target.modelPath)
}

/** Models with the same bytes: first those at the upload's path, then active ones, then the best paths. */
function bestFirst(models: readonly LibraryModel[], path: string): readonly LibraryModel[] {
  const key = pathKey(path)
  const isElsewhere = ({ modelPath }: LibraryModel) => Number(pathKey(modelPath ?? '') !== key)
  const isInactive = ({ status }: LibraryModel) => Number(status !== 'active')
  return [...models].sort(
    (one, other) =>
      isElsewhere(one) - isElsewhere(other) ||
      isInactive(one) - isInactive(other) ||
      compareCopies(one.modelPath ?? '', other.modelPath ?? ''),
  )
}

/** An upload of the same bytes to the same team that runs before this one. */
async function findQueuedDuplicate(
  options: ConflictCheckOptions & { readonly samples: FileSamples; readonly passed: ReadonlySet<string> },
  record: UploadRecord,
  signal: AbortSignal,
): Promise<UploadRecord | null> {
  const { rows, hashes, samples, passed } = options

  const isCandidate = (other: Row | undefined): other is Row =>
    other !== undefined &&
    other.record.identity.sizeBytes === record.identity.sizeBytes &&
    other.record.id !== record.id &&
    other.live.phase !== 'paused' &&
    isSameTeam(other.record, record) &&
    (passed.has(other.record.id) || runsBefore(other, record, compareUploads)) &&
    makesUnnecessary(record, other.record.target.modelPath)

  async function hasSameBytes(other: Row): Promise<boolean> {
    // A file that can't be read does not count as equal.
    if (!(await samples.mayBeEqual(record, other.record))) return false
    const hashOptions = { signal, onProgress: () => {} }
    const ownHash = await hashes.sha256Of(record, hashOptions)
    const otherHash = await hashes.sha256Of(other.record, hashOptions)
    return ownHash.ok && otherHash.ok && ownHash.value === otherHash.value
  }

  // What passes meanwhile may have been added after the first loop began. A set's iterator sees what is added to it.
  for (const ids of [rows.ids(), passed])
    for (const id of ids) {
      const other = rows.get(id)
      if (isCandidate(other) && (await hasSameBytes(other))) return other.record
    }
  return null
}

/**
 * A server may leave storage key and hash out of its listing. The models at a stored upload's path are then
 * requested one by one, so that the upload's own model is recognised. Null where that fails.
 */
async function withStorageKeys(
  library: Pick<Library, 'model'>,
  record: UploadRecord,
  models: readonly LibraryModel[],
): Promise<readonly LibraryModel[] | null> {
  const path = pathKey(record.target.modelPath)
  const isUnidentified = (model: LibraryModel) =>
    model.storageKey === null && model.sha256 === null && pathKey(model.modelPath ?? '') === path
  if (!isStored(record.state) || !models.some(isUnidentified)) return models
  const identified: LibraryModel[] = []
  for (const model of models) {
    const current = isUnidentified(model) ? await library.model(choiceOf(record), model.id) : success(model)
    if (!current.ok && current.failure.code !== 'not-found') return null
    if (current.ok) identified.push(current.value)
  }
  return identified
}
