import type { UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { Library } from '../library/library.ts'
import type { IndexedListing } from '../library/listing-cache.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { findPathConflict, usedPaths } from './path-conflict.ts'

/** A model from a listing older than this is looked up again before it decides about an upload, in ms. */
const trustedListingMs = 30_000

/** Whether the models of a listing are as listed. In a large library a change by others may be missing for an hour. */
export const isTrusted = (
  { completeAtMs }: Pick<IndexedListing, 'completeAtMs'>,
  { now }: Pick<Environment, 'now'>,
) => now() - completeAtMs < trustedListingMs

/**
 * Looks up the model at an upload's path, unless the listing is recent: it may have been deleted or moved since. The
 * library then corrects its listing.
 */
export async function confirmPathConflict(
  services: {
    readonly rows: Rows
    readonly library: Pick<Library, 'model'>
    readonly environment: Pick<Environment, 'now'>
    readonly passed?: ReadonlySet<string>
  },
  { id, accountId, team }: UploadRecord,
  check: { readonly listing: IndexedListing; readonly isHashed: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { rows, library, environment, passed } = services
  const { listing, isHashed } = check
  if (isTrusted(listing, environment)) return
  const lookedUp = new Set<string>()
  while (!signal.aborted) {
    const record = rows.get(id)?.record
    if (!record) return
    const conflict = findPathConflict(record, usedPaths(listing.models, rows, record), isHashed, passed)
    // One that was looked up is there, or the server did not answer.
    if (conflict?.with !== 'model' || lookedUp.has(conflict.model.id)) return
    lookedUp.add(conflict.model.id)
    await raceAbort(library.model({ accountId, teamId: team.id }, conflict.model.id), signal)
  }
}
