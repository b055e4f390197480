import type { LibraryModel } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import { pathConflictFailure, findPathConflict, indexUsedPaths } from './path-conflict.ts'
import { maxListingAgeMs } from './check-before-upload.ts'
import { isStarted, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'

/**
 * Looks over uploads that wait, as soon as they are in the list: what is sure to meet other bytes at its path
 * asks now, and not when its turn comes at night. Whatever can't be known without hashing is left to its
 * turn.
 */
export async function checkConflictsEarly(
  services: {
    readonly rows: Rows
    readonly library: Pick<Library, 'models'>
    readonly environment: Pick<Environment, 'log' | 'now'>
    /** Takes uploads out of the queue. */
    readonly unqueue: (ids: readonly string[]) => Promise<void>
  },
  ids: readonly string[],
): Promise<void> {
  const { rows, library } = services
  const teams = Map.groupBy(waitingOf(rows, ids), ({ accountId, team }) => `${accountId} ${team.id}`)
  for (const records of teams.values()) {
    const [first] = records
    if (!first) continue
    const { accountId, team } = first
    const maxAgeMs = maxListingAgeMs(first, services.environment)
    const listing = await library.models({ accountId, teamId: team.id }, { maxAgeMs })
    const models: readonly LibraryModel[] = listing.ok ? listing.value.models : []
    const paths = indexUsedPaths(models, rows, first)
    const asking = waitingOf(
      rows,
      records.map(({ id }) => id),
    ).flatMap((record) => {
      const clash = findPathConflict(record, paths, false)
      return clash ? [{ id: record.id, failure: pathConflictFailure(record, clash, paths) }] : []
    })
    if (asking.length === 0) continue
    await services.unqueue(asking.map(({ id }) => id))
    const written = rows.together(() => {
      for (const { id, failure } of asking)
        if (rows.get(id)?.live.phase === 'waiting') rows.happen(id, 'refuse', { failure })
    })
    if (!written.ok) services.environment.log.error('what needs a choice could not be written down')
  }
}

/** Those that wait and for which nothing was decided beforehand. */
function waitingOf(rows: Rows, ids: readonly string[]): UploadRecord[] {
  return ids.flatMap((id) => {
    const row = rows.get(id)
    const asks = row && (row.record.library?.onConflict ?? 'ask') === 'ask'
    return asks && row.live.phase === 'waiting' && !isStarted(row.record.state) ? [row.record] : []
  })
}
