import { dirname } from 'node:path'
import type { MissingPart } from '../../conflicts/missing-companions.ts'
import type { TeamChoice } from '../../contract/account.ts'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { MissingCompanion, MissingInList } from '../../contract/companions.ts'
import type { LibraryListing, LibraryModel } from '../../contract/library.ts'
import type { AddReport } from '../../contract/uploads.ts'
import { enqueueAfterConfirmation, type ConfirmUpload } from '../../discovery/places/confirm-upload.ts'
import type { ModelFinder } from '../../discovery/places/model-finder.ts'
import type { Rows } from '../../journal/rows.ts'
import { reviewIdOf, type UploadRecord } from '../../journal/upload-record.ts'
import { withTimeout } from '../../platform/delays.ts'
import type { Environment } from '../../platform/environment.ts'
import type { EventHub } from '../../platform/event-hub.ts'
import { companionsOf } from '../../recognition/companions/companion-needs.ts'
import type { Companion } from '../../recognition/companions/companion-parts.ts'
import type { FileToInspect, Inspection } from '../../recognition/found-file.ts'
import type { Intake } from '../enqueue.ts'
import { LocalCompanions } from './local-companions.ts'
import type { TeamCompanions } from './team-companions.ts'

/** The user looks at the details meanwhile; without a listing nothing is known to be missing. */
const listingTimeoutMs = 10_000

/** Files of this computer that uploads and files in review need, and the search for them. */
export interface Companions {
  /** What an upload needs and its team lacks; with `isSearched` after this computer was searched. */
  ofUpload(record: UploadRecord | null, isSearched: boolean): Promise<readonly MissingCompanion[]>
  /** What uploads of the list lack, by the listings that are known; nothing is searched or requested. */
  ofList(hiddenAccounts: ReadonlySet<string>): MissingInList
  /** Searches the folders of files that lack companions, and other places, in the background. */
  search(missing: { readonly companions: readonly Companion[]; readonly folders: readonly string[] }): void
  /**
   * Adds offered files for the team of an upload once `confirm` agrees; null if it doesn't. Those for a file in
   * review are reviewed with it, others are queued.
   */
  add(id: string, offerIds: readonly string[], confirm: ConfirmUpload): Promise<Result<AddReport | null>>
  /** Forgets what was found: a user has signed out. */
  clear(): void
  close(): void
}

interface CompanionServices {
  readonly rows: Rows
  readonly library: {
    models(choice: TeamChoice): Promise<Result<LibraryListing>>
    cachedModels(choice: TeamChoice): readonly LibraryModel[] | null
  }
  readonly environment: Environment
  readonly finder: Pick<ModelFinder, 'findModels' | 'displayPath' | 'destinationFor'>
  readonly intake: Pick<Intake, 'enqueuePlaced'>
  readonly inspect: (file: FileToInspect) => Promise<Inspection>
  readonly events: EventHub
}

export function createCompanions(services: CompanionServices, teamCompanions: TeamCompanions): Companions {
  const { rows, library, environment, finder, intake, inspect, events } = services
  const { offers } = teamCompanions
  const local = new LocalCompanions({
    finder,
    inspect,
    offers,
    environment,
    onFound: () => events.emit('companionsFound'),
  })
  return {
    async ofUpload(record, isSearched) {
      if (!record || !hasNeeds(record)) return []
      const request = library.models({ accountId: record.accountId, teamId: record.team.id })
      const listing = await withTimeout(request, environment.timers, listingTimeoutMs)
      if (!listing?.ok) return []
      const missing = teamCompanions.find([record], record, listing.value.models).get(record.id) ?? []
      const companions = missing.map(({ companion }) => companion)
      if (isSearched && companions.length > 0)
        await local.search(companions, [record.seen?.place ?? dirname(record.path)])
      return missing.map((part) => teamCompanions.toView(part, record))
    },
    ofList(hiddenAccounts) {
      const records = rows.ids().flatMap((id) => {
        const row = rows.get(id)
        // The review shows what its files lack.
        if (!row || row.live.phase === 'review' || hiddenAccounts.has(row.record.accountId)) return []
        return hasNeeds(row.record) ? [row.record] : []
      })
      const byTeam = Map.groupBy(records, ({ accountId, team }) => `${accountId} ${team.id}`)
      const missing = new Map<string, readonly MissingPart[]>()
      for (const [first, ...others] of byTeam.values()) {
        if (!first) continue
        const models = library.cachedModels({ accountId: first.accountId, teamId: first.team.id })
        if (models === null) continue
        for (const [id, parts] of teamCompanions.find([first, ...others], first, models))
          missing.set(id, parts)
      }
      const { keys: keysByFile, views } = teamCompanions.toViews(missing, records)
      return { companions: views, files: [...keysByFile].map(([id, keys]) => ({ id, missing: keys })) }
    },
    search: ({ companions, folders }) => void local.search(companions, folders),
    async add(id, offerIds, confirm) {
      const record = rows.get(id)?.record
      const files = offerIds.flatMap((offerId) => offers.fileOf(offerId) ?? [])
      if (!record || files.length === 0) return success({ added: 0, refused: 0, skipped: [] })
      const destination = finder.destinationFor({ accountId: record.accountId, teamId: record.team.id })
      if (!destination) return failed(failure('no-team'))
      return enqueueAfterConfirmation(
        files.map(({ path, sizeBytes, searchedFolder }) => ({ path, sizeBytes, searchedFolder, target: {} })),
        destination,
        {
          confirm,
          enqueue: (confirmed) =>
            intake.enqueuePlaced(confirmed, {
              team: destination.choice,
              ...(rows.get(id)?.live.phase === 'review'
                ? { joinedReview: reviewIdOf(record) }
                : { review: 'confirmed' }),
            }),
        },
      )
    },
    clear() {
      local.clear()
      teamCompanions.clear()
    },
    close: () => local.close(),
  }
}

const hasNeeds = ({ recognition }: UploadRecord) => companionsOf(recognition).needs.length > 0
