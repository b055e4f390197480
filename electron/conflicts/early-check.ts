import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import { IndexedModels } from '../library/model-index.ts'
import { pathConflictFailure, findPathConflict, usedPaths } from './path-conflict.ts'
import { maxListingAgeMs } from './check-before-upload.ts'
import { confirmPathConflict } from './confirm-path-conflict.ts'
import { isStarted, onConflictOf, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'

/**
 * Checks waiting uploads as soon as they are queued, so that a certain path conflict is shown at once and not
 * when the upload starts. Conflicts that need a hash are checked when it starts.
 */
export async function checkConflictsEarly(
  services: {
    readonly rows: Rows
    readonly library: Pick<Library, 'indexedListing' | 'model'>
    readonly environment: Pick<Environment, 'log' | 'now'>
    readonly queue: { remove(ids: readonly string[]): Promise<void>; add(ids: readonly string[]): void }
    /** Aborts when the app ends. */
    readonly signal: AbortSignal
  },
  ids: readonly string[],
): Promise<void> {
  const { rows, library, queue, signal } = services
  const teams = Map.groupBy(waitingOf(rows, ids), ({ accountId, team }) => `${accountId} ${team.id}`)
  for (const records of teams.values()) {
    const [first] = records
    if (!first) continue
    const { accountId, team } = first
    const maxAgeMs = maxListingAgeMs(first, services.environment)
    const listing = await library.indexedListing({ accountId, teamId: team.id }, { maxAgeMs })
    const paths = usedPaths(listing.ok ? listing.value.models : new IndexedModels(), rows, first)
    for (const record of records) {
      if (!listing.ok) break
      const check = { listing: listing.value, isHashed: false }
      await confirmPathConflict(services, record, check, signal)
    }
    if (signal.aborted) return
    const conflicting = waitingOf(
      rows,
      records.map(({ id }) => id),
    ).flatMap((record) => {
      const conflict = findPathConflict(record, paths, false)
      return conflict ? [{ id: record.id, failure: pathConflictFailure(record, conflict, paths) }] : []
    })
    if (conflicting.length === 0) continue
    await queue.remove(conflicting.map(({ id }) => id))
    const waiting = conflicting.filter(({ id }) => rows.get(id)?.live.phase === 'waiting')
    const written = rows.inTransaction(() => {
      for (const { id, failure } of waiting) rows.applyEvent(id, 'refuse', { failure })
    })
    if (written.ok) continue
    services.environment.log.error('path conflicts could not be recorded', { code: written.failure.code })
    // They have not changed and are checked again when they start.
    queue.add(waiting.map(({ id }) => id))
  }
}

/** Waiting uploads without a decision about conflicts. */
function waitingOf(rows: Rows, ids: readonly string[]): UploadRecord[] {
  return ids.flatMap((id) => {
    const row = rows.get(id)
    const asks = row && onConflictOf(row.record) === 'ask'
    return asks && row.live.phase === 'waiting' && !isStarted(row.record.state) ? [row.record] : []
  })
}
