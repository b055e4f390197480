import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { Result } from '../contract/failures.ts'
import type { Outcome } from '../journal/outcome.ts'
import type { Row, Rows } from '../journal/rows.ts'
import { isSameTeam, type UploadRecord } from '../journal/upload-record.ts'
import type { Library } from '../library/library.ts'
import type { IndexedListing } from '../library/listing-cache.ts'
import { isAborted } from '../platform/aborted.ts'
import type { Environment } from '../platform/environment.ts'
import { hasOtherSample, isDiskTimeout } from '../platform/files/file-identity.ts'
import { compareCopies } from '../recognition/copy-rank.ts'
import type { FileHashes } from './file-hashes.ts'
import type { FileSamples } from './file-samples.ts'
import { runsBefore } from './path-conflict.ts'
import { isListingRecent } from './refresh-models-at-path.ts'
import { modelIdsWithOtherBytes, registeredUploadsOfSameSize, toLibraryModel } from './registered-copies.ts'

/** `queued`: another upload sends the same bytes before this one, or has registered them during the check. */
type CopyCheckResult =
  | Outcome
  | { readonly kind: 'queued'; readonly other: UploadRecord }
  | { readonly kind: 'none' }

interface CopyCheckOptions {
  readonly rows: Rows
  readonly library: Pick<Library, 'recentModel'>
  readonly hashes: FileHashes
  readonly samples: FileSamples
  readonly environment: Environment
  /** Uploads that have passed the check and run. */
  readonly passed: ReadonlySet<string>
  /** The library has the bytes already: the upload is done without sending them. */
  readonly onDuplicate: (id: string, sha256: string, model: LibraryModel) => Result<void>
}

const abortedOutcome: Outcome = { kind: 'aborted' }
/** A disk that has not responded has this time until the check is repeated, in ms. */
const diskRetryMs = 60_000

interface CopyCheck {
  readonly record: UploadRecord
  readonly listing: IndexedListing | null
}

/** Finishes an upload whose bytes the team has already, and finds another one that sends them. */
export async function checkCopies(
  options: CopyCheckOptions,
  check: CopyCheck,
  signal: AbortSignal,
): Promise<CopyCheckResult> {
  for (;;) {
    const before = possibleCopies(options.rows, check.record)
    const copy = await checkCopiesOnce(options, check, signal)
    // One that was registered during the check may have the same bytes.
    const isComplete = [...possibleCopies(options.rows, check.record)].every((id) => before.has(id))
    if (copy.kind !== 'none' || isComplete) return copy
  }
}

async function checkCopiesOnce(
  options: CopyCheckOptions,
  { record, listing }: CopyCheck,
  signal: AbortSignal,
): Promise<CopyCheckResult> {
  const { rows, samples, environment } = options
  const isListed = (id: string) => listing?.models.get(id) !== undefined
  const listed = listing?.models.ofSize(record.identity.sizeBytes) ?? []
  const registered = registeredUploadsOfSameSize(rows, record)
  const unlisted = registered.filter(({ state }) => !isListed(state.modelId)).map(toLibraryModel)
  const differing = await modelIdsWithOtherBytes(samples, record, registered)
  const candidates = [...listed, ...unlisted].filter(
    (model) =>
      model.sha256 !== null &&
      !differing.has(model.id) &&
      (model.modelPath === null || makesUnnecessary(record, model.modelPath)),
  )
  if (candidates.length > 0) {
    const isTrusted = ({ id, modelPath }: LibraryModel) =>
      listing !== null && isListingRecent(listing, environment) && isListed(id) && modelPath !== null
    const duplicate = await finishAsDuplicate(options, { record, candidates, isTrusted }, signal)
    if (signal.aborted) return abortedOutcome
    if (duplicate) return duplicate
  }
  const other = await findQueuedDuplicate(options, record, signal)
  if (signal.aborted) return abortedOutcome
  return other ? { kind: 'queued', other } : { kind: 'none' }
}

interface DuplicateSearch {
  readonly record: UploadRecord
  /** Models of the file's size. */
  readonly candidates: readonly LibraryModel[]
  /**
   * Whether the listing is recent enough to believe that this model still exists, at the listed path. Called after the
   * file was hashed, which may take minutes.
   */
  isTrusted(model: LibraryModel): boolean
}

/**
 * Hashes the file and finishes the upload if one of the models has the same hash and still exists; else null.
 */
async function finishAsDuplicate(
  { rows, library, hashes, environment, onDuplicate }: CopyCheckOptions,
  { record, candidates, isTrusted }: DuplicateSearch,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const hash = await hashes.sha256Of(record, {
    signal,
    onProgress: (hashedBytes) => rows.progress(record.id, { hashedBytes }),
  })
  rows.progress(record.id, { hashedBytes: 0 })
  if (isAborted(hash)) return abortedOutcome
  // A disk that responds again later would have the file sent without a comparison.
  if (!hash.ok && isDiskTimeout(hash.failure))
    return { kind: 'retry', failure: hash.failure, atMs: environment.now() + diskRetryMs }
  // Sending reports why a file can't be read.
  if (!hash.ok) return null
  const choice = { accountId: record.accountId, teamId: record.team.id }
  const withBytes = candidates.filter(({ sha256 }) => sha256 === hash.value)
  for (const listed of bestFirst(withBytes, record.target.modelPath)) {
    const current = isTrusted(listed) ? null : await library.recentModel(choice, listed.id)
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

/**
 * Whether the same bytes at a library path make an upload unnecessary. A loader of a multi-file model looks for
 * each of its files at a path of its own, so the bytes at any other path don't.
 */
export function makesUnnecessary({ recognition, target }: UploadRecord, path: string | null): boolean {
  return recognition.group === undefined || (path !== null && pathKey(path) === pathKey(target.modelPath))
}

/** Ids of uploads that have registered a model which may make this upload unnecessary. */
function possibleCopies(rows: Pick<Rows, 'finishedOfSize'>, upload: UploadRecord): ReadonlySet<string> {
  const possible = registeredUploadsOfSameSize(rows, upload).filter(
    (other) =>
      !hasOtherSample(other.identity, upload.identity) &&
      makesUnnecessary(upload, toLibraryModel(other).modelPath),
  )
  return new Set(possible.map(({ id }) => id))
}

/**
 * Which of two uploads of the same bytes is sent: a path of a multi-file model in any case; of other copies the
 * one of which more is sent, then the one at the path that workflows look for. At one path their order in the
 * queue decides, as for different bytes, so that no two wait for each other.
 */
function compareUploads(rows: Pick<Rows, 'get'>, one: UploadRecord, other: UploadRecord): number {
  const [path, otherPath] = [one.target.modelPath, other.target.modelPath]
  if (pathKey(path) === pathKey(otherPath)) return 0
  const isPart = ({ recognition }: UploadRecord) => Number(recognition.group !== undefined)
  const sentBytes = ({ id }: UploadRecord) => rows.get(id)?.live.sentBytes ?? 0
  return isPart(other) - isPart(one) || sentBytes(other) - sentBytes(one) || compareCopies(path, otherPath)
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
  { rows, hashes, samples, passed }: CopyCheckOptions,
  record: UploadRecord,
  signal: AbortSignal,
): Promise<UploadRecord | null> {
  const { identity } = record
  const compare = (one: UploadRecord, two: UploadRecord) => compareUploads(rows, one, two)
  const isCandidate = (other: Row | undefined): other is Row =>
    other !== undefined &&
    other.record.identity.sizeBytes === identity.sizeBytes &&
    !hasOtherSample(other.record.identity, identity) &&
    other.record.id !== record.id &&
    other.live.phase !== 'paused' &&
    isSameTeam(other.record, record) &&
    (passed.has(other.record.id) || runsBefore(other, record, compare)) &&
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
  for (const ids of [rows.ofSize(identity.sizeBytes).map((row) => row.record.id), passed])
    for (const id of ids) {
      const other = rows.get(id)
      if (isCandidate(other) && (await hasSameBytes(other))) return other.record
    }
  return null
}
