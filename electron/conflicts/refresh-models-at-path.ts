import type { UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { Library } from '../library/library.ts'
import { recentMs, type IndexedListing } from '../library/listing-cache.ts'
import { isAborted } from '../platform/aborted.ts'
import { isRecent, raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { findPathConflict, usedPaths } from './path-conflict.ts'

/** Whether the models of a listing are as listed. In a large library, changes by others may be missing for an hour. */
export const isListingRecent = (
  { completeAtMs }: Pick<IndexedListing, 'completeAtMs'>,
  environment: Environment,
) => isRecent(completeAtMs, recentMs, environment)

/**
 * Requests the models that the listing has at an upload's path and that are in conflict with it, unless the listing is
 * recent: they may have been deleted or moved since. Corrects this listing, which a newer one may have replaced in the
 * library's cache.
 */
export async function refreshModelsAtPath(
  services: {
    readonly rows: Rows
    readonly library: Pick<Library, 'recentModel'>
    readonly environment: Environment
    readonly passed?: ReadonlySet<string>
  },
  { id, accountId, team }: UploadRecord,
  check: { readonly listing: IndexedListing; readonly isHashed: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { rows, library, environment, passed } = services
  const { listing, isHashed } = check
  if (isListingRecent(listing, environment)) return
  const requestedIds = new Set<string>()
  while (!signal.aborted) {
    const record = rows.get(id)?.record
    if (!record) return
    const conflict = findPathConflict(record, usedPaths(listing.models, rows, record), isHashed, passed)
    if (conflict?.with !== 'model') return
    const { id: modelId } = conflict.model
    // It is still there, or the server did not answer.
    if (requestedIds.has(modelId)) return
    requestedIds.add(modelId)
    const current = await raceAbort(library.recentModel({ accountId, teamId: team.id }, modelId), signal)
    if (current.ok) listing.models.correct({ ...current.value, id: modelId })
    else if (!isAborted(current) && current.failure.code === 'not-found') listing.models.delete(modelId)
  }
}
