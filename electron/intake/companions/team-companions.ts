import { findMissingCompanions, type MissingPart } from '../../conflicts/missing-companions.ts'
import type { MissingCompanion } from '../../contract/companions.ts'
import type { LibraryModel } from '../../contract/library.ts'
import type { Recognition } from '../../contract/recognition.ts'
import type { Rows } from '../../journal/rows.ts'
import { isSameTeam, modelIdOf, type TeamOfUpload, type UploadRecord } from '../../journal/upload-record.ts'
import type { UploadStore } from '../../journal/upload-store.ts'
import { companionsOf, companionTypes } from '../../recognition/companions/companion-needs.ts'
import { CompanionOffers } from './companion-offers.ts'

/** Companions that files lack, by the ids of the files. */
export type MissingByFile = ReadonlyMap<string, readonly MissingPart[]>

interface MissingViews {
  readonly keys: ReadonlyMap<string, readonly string[]>
  readonly views: readonly MissingCompanion[]
}

/** Finds which companions of files a team lacks. */
export interface TeamCompanions {
  /**
   * Compares files with a team's models and all of its uploads, in any phase; files without a row count
   * as uploads too. Reads no file.
   */
  find(records: readonly UploadRecord[], team: TeamOfUpload, models: readonly LibraryModel[]): MissingByFile
  /** Files of this computer that can be offered. */
  readonly offers: CompanionOffers
  /** Forgets what is known of the teams. */
  clear(): void
  /** The keys of missing companions by the files that lack them, and each companion once. */
  toViews(missing: MissingByFile, records: readonly UploadRecord[]): MissingViews
  /** A missing companion as the page and the command line show it. */
  toView(part: MissingPart, team: TeamOfUpload): MissingCompanion
}

export function createTeamCompanions({
  rows,
  store,
}: {
  readonly rows: Rows
  readonly store: Pick<UploadStore, 'recognitionsOf'>
}): TeamCompanions {
  const offers = new CompanionOffers()
  /** What models of each team were recognised as before this process started. */
  const earlier = new Map<string, ReadonlyMap<string, Recognition>>()

  function recognitionsOf(team: TeamOfUpload): ReadonlyMap<string, Recognition> {
    const { id } = team.team
    const before = earlier.get(id) ?? store.recognitionsOf(id, companionTypes)
    earlier.set(id, before)
    const recognitions = new Map(before)
    for (const record of rows.finished()) {
      const modelId = modelIdOf(record.state)
      if (modelId !== null && isSameTeam(record, team)) recognitions.set(modelId, record.recognition)
    }
    return recognitions
  }

  function toView(part: MissingPart, team: TeamOfUpload): MissingCompanion {
    const { companion, isCertain } = part
    const { role, base, usualName } = companion
    const key = keyOf(part, team)
    return { key, role, base, usualName, isCertain, offers: offers.offersFor(companion) }
  }

  return {
    find(records, team, models) {
      // Most files need nothing; then the history is not read.
      if (!records.some(({ recognition }) => companionsOf(recognition).needs.length > 0)) return new Map()
      const uploads = rows.ids().flatMap((id) => {
        const row = rows.get(id)
        // A registered one may have been deleted from the library since.
        return row && row.live.phase !== 'registered' ? [row.record] : []
      })
      const known = new Set(uploads.filter((record) => isSameTeam(record, team)))
      for (const record of records) known.add(record)
      return findMissingCompanions(records, {
        models,
        records: [...known],
        recognitions: recognitionsOf(team),
      })
    },
    offers,
    clear: () => earlier.clear(),
    toView,
    toViews(missing, records) {
      const keys = new Map<string, readonly string[]>()
      const views = new Map<string, MissingCompanion>()
      for (const record of missing.size > 0 ? records : []) {
        const parts = missing.get(record.id)
        if (!parts) continue
        const ofRecord = parts.map((part) => {
          const key = keyOf(part, record)
          if (!views.has(key)) views.set(key, toView(part, record))
          return key
        })
        keys.set(record.id, ofRecord)
      }
      return { keys, views: [...views.values()] }
    },
  }
}

const keyOf = ({ companion: { role, base, usualName }, isCertain }: MissingPart, { team }: TeamOfUpload) =>
  [team.id, role, base, usualName ?? '', isCertain ? 'missing' : 'not-found'].join(' ')
