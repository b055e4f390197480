import { failure, success, type Failure, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel, ReplacedFate } from '../contract/library.ts'
import { isAborted, type Attempt } from '../platform/aborted.ts'
import { isRecent, raceAbort, withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import { recentMs, type IndexedListing } from '../library/listing-cache.ts'
import { IndexedModels, type ModelIndex } from '../library/model-index.ts'
import type { Outcome } from '../journal/outcome.ts'
import { isStarted, isStored, modelIdOf, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { FileHashes } from './file-hashes.ts'
import { checkCopies } from './check-copies.ts'
import { createFileSamples } from './file-samples.ts'
import { usedPaths } from './path-conflict.ts'
import { isListingRecent, refreshModelsAtPath } from './refresh-models-at-path.ts'
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
  readonly library: Pick<Library, 'indexedListing' | 'model' | 'recentModel'>
  readonly hashes: FileHashes
  readonly environment: Environment
  readonly replacedFate: () => ReplacedFate
  /** An upload was skipped because its path is taken; its row is gone. */
  readonly onSkipped: (record: UploadRecord) => void
  /** The library has the bytes already: the upload is done without sending them. */
  readonly onDuplicate: (id: string, sha256: string, model: LibraryModel) => Result<void>
}

const proceed = { kind: 'proceed' } as const
const abortedOutcome: Outcome = { kind: 'aborted' }
const nothingListed: ModelIndex = new IndexedModels()

/**
 * How long a listing is waited for, in ms: about as long as the upload would take on a home connection of
 * 10 Mbit/s. The listing of a very large library, or of a slow server, may take longer.
 */
const listingTimeoutMs = { min: 2_000, max: 15_000 }
const homeBytesPerMs = 1_250
/** The listing is requested again if it was made longer than this before the file was added, in ms. */
const listedBeforeAddedMs = 5_000
/** Upper limit of a listing's age, in ms, for files that have waited long. */
const maxListingMs = 5 * 60_000
/**
 * How soon a waiting upload checks again, in ms. The other's end wakes it earlier; the other's removal does
 * not.
 */
const recheckMs = 5_000

/** What an upload has in common with the one it waits for: the bytes, or the path. */
type WaitReason = 'same-as-other' | 'path-goes-first'

export function createConflictCheck(options: ConflictCheckOptions): ConflictCheck {
  const { rows, library, environment } = options
  const samples = createFileSamples(environment.timers)
  const waiters = new Map<string, Set<string>>()
  /** Uploads that have passed the check and run. They come before others of the same bytes or path. */
  const passed = new Set<string>()

  function waitFor(record: UploadRecord, other: UploadRecord, reason: WaitReason): Outcome {
    waiters.set(other.id, (waiters.get(other.id) ?? new Set()).add(record.id))
    // Copies often have the same name.
    const name = reason === 'same-as-other' ? other.target.modelPath : other.target.displayName
    return waitAgain(record, failure(reason, { name }), environment)
  }

  /** Null if it was registered while both files were hashed: its end has passed already. */
  const waitForCopy = (record: UploadRecord, other: UploadRecord) =>
    rows.get(other.id)?.live.phase === 'registered' ? null : waitFor(record, other, 'same-as-other')

  async function check(id: string, signal: AbortSignal): Promise<ConflictCheckResult> {
    const result = await checkConflicts(id, signal)
    if (result.kind === 'proceed') passed.add(id)
    return result
  }

  async function checkConflicts(id: string, signal: AbortSignal): Promise<ConflictCheckResult> {
    const queued = rows.get(id)?.record
    if (!queued) return proceed
    // It runs now, so the end of another upload must not requeue it.
    for (const ids of waiters.values()) ids.delete(id)
    if (isStored(queued.state)) return checkPathOfBegun(queued, signal)
    const file = await findSameFile(queued, signal)
    if (isAborted(file)) return abortedOutcome
    // Sending reports why a file can't be read.
    if (!file.ok) return proceed
    const record = { ...queued, identity: file.value }
    if (isStarted(queued.state)) return checkBegunUpload(record, signal)
    const written =
      file.value === queued.identity ? success(undefined) : rows.change(id, { identity: file.value })
    if (!written.ok) return { kind: 'failed', failure: written.failure }
    return checkNewUpload(record, signal)
  }

  async function checkNewUpload(
    record: UploadRecord,
    signal: AbortSignal,
    isRepeated = false,
  ): Promise<ConflictCheckResult> {
    const freshness = { maxAgeMs: maxListingAgeMs(record, environment) }
    const request = library.indexedListing(choiceOf(record), freshness)
    const attempt = await listWithTimeout(request, record, { environment, signal })
    if (signal.aborted) return abortedOutcome
    const listing = attempt?.ok ? attempt.value : null
    const isOutdated = createOutdatedCheck(options, record, listing)
    // Before the copies: between that check and the last step no other upload may pass.
    if (listing)
      await refreshModelsAtPath({ ...options, passed }, record, { listing, isHashed: true }, signal)
    if (signal.aborted) return abortedOutcome
    const copy = await checkCopies({ ...options, samples, passed }, { record, listing }, signal)
    if (copy.kind === 'queued') return waitForCopy(record, copy.other) ?? checkNewUpload(record, signal)
    if (copy.kind !== 'none') return copy
    // Once is enough: the hashes are cached now.
    if (!isRepeated && isOutdated()) return checkNewUpload(record, signal, true)
    return resolve(record.id, listing?.models ?? nothingListed)
  }

  /** Nothing more of it is sent if the bytes were sent, or are being sent, by a copy that was added later. */
  async function checkBegunUpload(record: UploadRecord, signal: AbortSignal): Promise<ConflictCheckResult> {
    const copy = await checkCopies({ ...options, samples, passed }, { record, listing: null }, signal)
    if (copy.kind === 'queued') return waitForCopy(record, copy.other) ?? checkBegunUpload(record, signal)
    return copy.kind === 'none' ? checkPathOfBegun(record, signal) : copy
  }

  /** Applies the decision about a taken path, or asks for one. */
  function resolve(id: string, models: ModelIndex): ConflictCheckResult {
    const resolution = resolvePathConflict({ ...options, passed }, id, models)
    // At once, so that of two files that are checked at the same time one finds the other.
    if (resolution.kind === 'proceed') passed.add(id)
    if (resolution.kind !== 'wait') return resolution
    const record = rows.get(id)?.record
    return record ? waitFor(record, resolution.other, 'path-goes-first') : abortedOutcome
  }

  /**
   * A path may be found taken only at registering, after the bytes were sent: applies the decision made since
   * then. Without a decision, only another upload to the path that runs prevents sending the rest.
   */
  async function checkPathOfBegun(record: UploadRecord, signal: AbortSignal): Promise<ConflictCheckResult> {
    if (modelIdOf(record.state) !== null || isReplacing(record)) return proceed
    if (!record.library?.onConflict)
      return !isStored(record.state) && isPathOfPassed(record) ? resolve(record.id, nothingListed) : proceed
    // A stored upload may have been refused for a path that was free in the cached listing.
    const freshness = isStored(record.state) ? { maxAgeMs: 0 } : {}
    const request = library.indexedListing(choiceOf(record), freshness)
    const listing = await listWithTimeout(request, record, { environment, signal })
    if (!listing?.ok) return signal.aborted ? abortedOutcome : proceed
    const check = { listing: listing.value, isHashed: true }
    await refreshModelsAtPath({ ...options, passed }, record, check, signal)
    const models = await withStorageKeys(library, record, listing.value.models)
    if (signal.aborted) return abortedOutcome
    return models ? resolve(record.id, models) : proceed
  }

  const isPathOfPassed = (record: UploadRecord) =>
    usedPaths(nothingListed, rows, record)
      .uploadsTo(record.target.modelPath)
      .some((other) => passed.has(other.record.id))

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
export const maxListingAgeMs = ({ addedAtMs }: Pick<UploadRecord, 'addedAtMs'>, environment: Environment) =>
  Math.min(maxListingMs, Math.max(0, environment.now() - addedAtMs) + listedBeforeAddedMs)

/** Once the replacement has begun, the model at the path may be the new one itself. */
function isReplacing({ library, target }: UploadRecord): boolean {
  const replaces = library?.replaces
  return replaces !== undefined && pathKey(replaces.path) === pathKey(target.modelPath)
}

const choiceOf = ({ accountId, team }: UploadRecord) => ({ accountId, teamId: team.id })

/** The team's listing, or null after the timeout; the library caches a later response for the next check. */
function listWithTimeout(
  request: Promise<Result<IndexedListing>>,
  { identity }: Pick<UploadRecord, 'identity'>,
  { environment, signal }: { readonly environment: Environment; readonly signal: AbortSignal },
): Promise<Attempt<IndexedListing> | null> {
  const uploadMs = identity.sizeBytes / homeBytesPerMs
  const timeoutMs = Math.min(listingTimeoutMs.max, Math.max(listingTimeoutMs.min, uploadMs))
  return raceAbort(withTimeout(request, environment.timers, timeoutMs), signal)
}

/**
 * Returns a function that returns whether what was listed at an upload's path may have changed since, such as while the
 * file was hashed.
 */
function createOutdatedCheck(
  { rows, environment }: Pick<ConflictCheckOptions, 'rows' | 'environment'>,
  { target }: UploadRecord,
  listing: IndexedListing | null,
): () => boolean {
  // Of an older listing, the models at the path are requested now.
  const listedAtMs =
    listing && isListingRecent(listing, environment) ? listing.completeAtMs : environment.now()
  const registered = () => rows.toPath(target.modelPath).filter(({ live }) => live.phase === 'registered')
  const registeredBefore = registered()
  return () =>
    !isRecent(listedAtMs, recentMs, environment) ||
    registered().some((row) => !registeredBefore.includes(row))
}

function waitAgain({ failure: previous }: UploadRecord, reason: Failure, environment: Environment): Outcome {
  const isUnchanged =
    previous?.code === reason.code &&
    previous.params['name'] === reason.params['name'] &&
    previous.detail === reason.detail
  // The identical object, so that a repeated wait writes nothing to the journal.
  return { kind: 'retry', failure: isUnchanged ? previous : reason, atMs: environment.now() + recheckMs }
}

/**
 * A server may leave storage key and hash out of its listing. The models at a stored upload's path are then
 * requested one by one, so that the upload's own model is recognised. Null where that fails.
 */
async function withStorageKeys(
  library: Pick<Library, 'model'>,
  record: UploadRecord,
  models: ModelIndex,
): Promise<ModelIndex | null> {
  if (!isStored(record.state)) return models
  const unidentified = models
    .atPath(record.target.modelPath)
    .filter(({ storageKey, sha256 }) => storageKey === null && sha256 === null)
  if (unidentified.length === 0) return models
  const identified = new IndexedModels(models.list())
  for (const { id } of unidentified) {
    const current = await library.model(choiceOf(record), id)
    if (!current.ok && current.failure.code !== 'not-found') return null
    if (current.ok) identified.set({ ...current.value, id })
    else identified.delete(id)
  }
  return identified
}
