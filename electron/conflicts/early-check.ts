import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import type { IndexedListing } from '../library/listing-cache.ts'
import { IndexedModels, type ModelIndex } from '../library/model-index.ts'
import { makesUnnecessary } from './check-copies.ts'
import { pathConflictFailure, findPathConflict, usedPaths } from './path-conflict.ts'
import { maxListingAgeMs } from './check-before-upload.ts'
import { isListingRecent, refreshModelsAtPath } from './refresh-models-at-path.ts'
import { isStarted, onConflictOf, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'

interface EarlyCheckServices {
  readonly rows: Rows
  readonly library: Pick<Library, 'indexedListing' | 'recentModel'>
  readonly environment: Environment
  readonly queue: { remove(ids: readonly string[]): Promise<void>; add(ids: readonly string[]): void }
  /** Aborts when the app ends. */
  readonly signal: AbortSignal
}

/** How many uploads are checked before their conflicts are shown, if models have to be requested for them. */
const groupSize = 20

/**
 * Checks waiting uploads as soon as they are queued, so that a certain path conflict is shown at once and not
 * when the upload starts. Conflicts that need a hash are checked when it starts.
 */
export async function checkConflictsEarly(
  services: EarlyCheckServices,
  ids: readonly string[],
): Promise<void> {
  const { rows, library, environment, signal } = services
  const teams = Map.groupBy(waitingOf(rows, ids), ({ accountId, team }) => `${accountId} ${team.id}`)
  for (const records of teams.values()) {
    const [first] = records
    if (!first) continue
    const { accountId, team } = first
    const maxAgeMs = maxListingAgeMs(first, environment)
    const answer = await library.indexedListing({ accountId, teamId: team.id }, { maxAgeMs })
    const listing = answer.ok ? answer.value : null
    const isImmediate = listing === null || isListingRecent(listing, environment)
    const size = isImmediate ? records.length : groupSize
    for (let start = 0; start < records.length && !signal.aborted; start += size)
      await checkGroup(services, listing, records.slice(start, start + size))
  }
}

/** Checks uploads of one team. */
async function checkGroup(
  services: EarlyCheckServices,
  listing: IndexedListing | null,
  records: readonly UploadRecord[],
): Promise<void> {
  const { rows, queue, environment, signal } = services
  if (listing)
    for (const record of records)
      await refreshModelsAtPath(services, record, { listing, isHashed: false }, signal)
  const [first] = records
  if (!first || signal.aborted) return
  const models = listing?.models ?? new IndexedModels()
  const paths = usedPaths(models, rows, first)
  const conflicting = waitingOf(
    rows,
    records.map(({ id }) => id),
  ).flatMap((record) => {
    if (mayBeInLibrary(record, models)) return []
    const conflict = findPathConflict(record, paths, false)
    return conflict ? [{ id: record.id, failure: pathConflictFailure(record, conflict, paths) }] : []
  })
  if (conflicting.length === 0) return
  await queue.remove(conflicting.map(({ id }) => id))
  const waiting = conflicting.filter(({ id }) => rows.get(id)?.live.phase === 'waiting')
  const written = rows.inTransaction(() => {
    for (const { id, failure } of waiting) rows.applyEvent(id, 'refuse', { failure })
  })
  if (written.ok) return
  environment.log.error('path conflicts could not be recorded', { code: written.failure.code })
  // They have not changed and are checked again when they start.
  queue.add(waiting.map(({ id }) => id))
}

/** Whether the library may have the bytes at another path, so that the upload may need none. */
function mayBeInLibrary(record: UploadRecord, models: ModelIndex): boolean {
  return models
    .ofSize(record.identity.sizeBytes)
    .some(
      ({ modelPath, sha256 }) =>
        sha256 !== null && (modelPath === null || makesUnnecessary(record, modelPath)),
    )
}

/** Waiting uploads without a decision about conflicts. */
function waitingOf(rows: Rows, ids: readonly string[]): UploadRecord[] {
  return ids.flatMap((id) => {
    const row = rows.get(id)
    const asks = row && onConflictOf(row.record) === 'ask'
    return asks && row.live.phase === 'waiting' && !isStarted(row.record.state) ? [row.record] : []
  })
}
