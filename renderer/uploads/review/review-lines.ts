import {
  blockedIdsOf,
  blockingKinds,
  reviewSetting,
  type ReviewFacts,
  type ReviewGroup,
  type ReviewGroupKind,
  type ReviewView,
} from '../../../electron/contract/review.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { Line } from '../../ui/list/windowing.ts'
import { rowHeights } from '../upload-lines.ts'

/** Options of the settings. */
export const reviewOptions = reviewSetting.options

/** What happens to the files of a section when the user uploads. */
export type Fate = 'blocked' | 'skipped' | 'uploaded'

/** Files that need the same decision, or ordinary files of one type. */
export interface ReviewSection {
  /** Also the key of its line. */
  readonly key: string
  /** Null for ordinary files. */
  readonly group: ReviewGroup | null
  readonly modelType: string
  readonly fate: Fate
  readonly ids: readonly string[]
  readonly sizeBytes: number
}

export type ReviewLine = Line &
  (
    | { readonly kind: 'section'; readonly section: ReviewSection; readonly isExpanded: boolean }
    | {
        readonly kind: 'file'
        readonly id: string
        readonly section: ReviewSection
        readonly facts: ReviewFile | null
        /** A file in several groups is edited in the first. */
        readonly isEditable: boolean
      }
  )

/** What one file needs a decision about. */
export type ReviewFile = {
  [Kind in ReviewGroupKind]: { readonly kind: Kind } & ReviewFacts[Kind]
}[ReviewGroupKind]

/** The notes of these groups are sentences; those of the others are short. */
const hasSentence: ReadonlySet<ReviewGroupKind> = new Set([...blockingKinds, 'missing-companion'])

/** Heights in CSS pixels; ReviewFileRow.svelte has the same. */
export const reviewHeights = { section: 40, shortNote: 24, note: 42, noteNarrow: 74 } as const

/** Sections with more files are collapsed at first. */
const maxExpanded = 8

/** Files that upload or are skipped when the user uploads everything in the review. */
export interface ReviewTotals {
  /** All but those that are blocked. */
  readonly approvableIds: readonly string[]
  /** Of these, what is really sent: without files that the library certainly has, and certain duplicates. */
  readonly sentCount: number
  readonly sentBytes: number
  readonly blockedCount: number
}

type Rows = ReadonlyMap<string, UploadRow>

/** @param ids the files in review, in the order of the queue */
export function reviewTotals(view: ReviewView, ids: readonly string[], rows: Rows): ReviewTotals {
  const blocked = blockedIdsOf(view.groups)
  const skipped = new Set(view.groups.flatMap(skippedIdsOf))
  const approvableIds = ids.filter((id) => !blocked.has(id))
  const sentIds = approvableIds.filter((id) => !skipped.has(id))
  return {
    approvableIds,
    sentCount: sentIds.length,
    sentBytes: sumBytes(sentIds, rows),
    blockedCount: ids.length - approvableIds.length,
  }
}

/** The groups in the contract's order, then ordinary files by type, largest type first. */
export function reviewSections(view: ReviewView, ids: readonly string[], rows: Rows): ReviewSection[] {
  const known = new Set(ids)
  const grouped = new Set<string>()
  const sections: ReviewSection[] = []
  for (const group of view.groups) {
    const ownIds = group.files.map(({ id }) => id).filter((id) => known.has(id))
    for (const id of ownIds) grouped.add(id)
    if (ownIds.length > 0) {
      const sizeBytes = sumBytes(ownIds, rows)
      const key = `section ${group.kind}`
      sections.push({ key, group, modelType: '', fate: fateOf(group), ids: ownIds, sizeBytes })
    }
  }
  const byType = Map.groupBy(
    ids.filter((id) => !grouped.has(id)),
    (id) => rows.get(id)?.target.modelType ?? '',
  )
  const ordinary = [...byType].map(([modelType, ofType]): ReviewSection => {
    const key = `section type ${modelType}`
    return { key, group: null, modelType, fate: 'uploaded', ids: ofType, sizeBytes: sumBytes(ofType, rows) }
  })
  return [...sections, ...ordinary.sort((one, other) => other.sizeBytes - one.sizeBytes)]
}

function fateOf(group: ReviewGroup): Fate {
  if (blockingKinds.has(group.kind)) return 'blocked'
  return skippedIdsOf(group).length === group.files.length ? 'skipped' : 'uploaded'
}

/** Files of which the library, or another file of the review, certainly has the bytes. */
function skippedIdsOf(group: ReviewGroup): string[] {
  if (group.kind !== 'duplicate' && group.kind !== 'in-library') return []
  return group.files.filter(({ isCertain }) => isCertain).map(({ id }) => id)
}

const sumBytes = (ids: readonly string[], rows: Rows) =>
  ids.reduce((sum, id) => sum + (rows.get(id)?.sizeBytes ?? 0), 0)

interface LineOptions {
  readonly isDense: boolean
  readonly isNarrow: boolean
  /** The row of which an invalid field is explained in a note. */
  readonly notedId: string | undefined
  /** What the user has expanded or collapsed. */
  readonly expanded: ReadonlyMap<string, boolean>
}

/** The lines of the list. Keys of files contain their section, because a file may be in several groups. */
export function reviewLines(sections: readonly ReviewSection[], options: LineOptions): ReviewLine[] {
  const seen = new Set<string>()
  return sections.flatMap((section): ReviewLine[] => {
    const { key, group, ids } = section
    const isExpanded = options.expanded.get(key) ?? ids.length <= maxExpanded
    const header = { kind: 'section', key, section, isExpanded, height: reviewHeights.section } as const
    if (!isExpanded) {
      for (const id of ids) seen.add(id)
      return [header]
    }
    const facts = new Map(group?.files.map((file) => [file.id, { kind: group.kind, ...file } as ReviewFile]))
    const files = ids.map((id) => {
      const isEditable = !seen.has(id)
      seen.add(id)
      const height = fileHeight(section, options, isEditable && options.notedId === id)
      const file = { kind: 'file', key: `${key} ${id}`, id, section, facts: facts.get(id) ?? null } as const
      return { ...file, isEditable, height }
    })
    return [header, ...files]
  })
}

function fileHeight({ group }: ReviewSection, options: LineOptions, isNoted: boolean): number {
  const height = options.isDense ? rowHeights.dense : rowHeights.airy
  if (isNoted || (group && hasSentence.has(group.kind)))
    return height + (options.isNarrow ? reviewHeights.noteNarrow : reviewHeights.note)
  return group ? height + reviewHeights.shortNote : height
}
