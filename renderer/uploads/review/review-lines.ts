import {
  blockingKinds,
  reviewSetting,
  type NotSent,
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
export const isExpandedAtFirst = ({ ids }: ReviewSection) => ids.length <= maxExpanded

/** Files that upload or are skipped when the user uploads everything in the review. */
export interface ReviewTotals {
  /** All but those that are blocked. */
  readonly approvableIds: readonly string[]
  /** Of these, what is really sent: without files that the library certainly has, and certain duplicates. */
  readonly sentCount: number
  readonly sentBytes: number
}

type Rows = ReadonlyMap<string, UploadRow>

/** @param ids the files in review, in the order of the queue */
export function reviewTotals(
  { blocked, skipped }: NotSent,
  ids: readonly string[],
  rows: Rows,
): ReviewTotals {
  const approvableIds = ids.filter((id) => !blocked.has(id))
  const sentIds = approvableIds.filter((id) => !skipped.has(id))
  return {
    approvableIds,
    sentCount: sentIds.length,
    sentBytes: sumBytes(sentIds, rows),
  }
}

/** The groups in the contract's order, then ordinary files by type, largest type first. */
export function reviewSections(
  { groups }: ReviewView,
  notSent: NotSent,
  ids: readonly string[],
  rows: Rows,
): ReviewSection[] {
  const known = new Set(ids)
  const grouped = new Set<string>()
  const sections: ReviewSection[] = []
  for (const group of groups) {
    const ownIds = group.files.map(({ id }) => id).filter((id) => known.has(id))
    for (const id of ownIds) grouped.add(id)
    if (ownIds.length > 0) {
      const sizeBytes = sumBytes(ownIds, rows)
      const key = `section ${group.kind}`
      sections.push({ key, group, modelType: '', fate: fateOf(ownIds, notSent), ids: ownIds, sizeBytes })
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

function fateOf(ids: readonly string[], { blocked, skipped }: NotSent): Fate {
  if (ids.every((id) => blocked.has(id))) return 'blocked'
  return ids.every((id) => blocked.has(id) || skipped.has(id)) ? 'skipped' : 'uploaded'
}

/**
 * The earlier sections, in which files keep their place: without files that have left the review, and with new files
 * in their current sections.
 */
export function heldSections(
  before: readonly ReviewSection[],
  now: readonly ReviewSection[],
  ids: readonly string[],
  rows: Rows,
): ReviewSection[] {
  const known = new Set(ids)
  const listed = new Set(before.flatMap((section) => section.ids))
  const current = new Map(now.map((section) => [section.key, section]))
  const previous = new Map(before.map((section) => [section.key, section]))
  return [...new Set([...previous.keys(), ...current.keys()])].flatMap((key) => {
    const [held, present] = [previous.get(key), current.get(key)]
    const heldIds = held?.ids.filter((id) => known.has(id)) ?? []
    const sectionIds = [...heldIds, ...(present?.ids.filter((id) => !listed.has(id)) ?? [])]
    const section = present ?? held
    if (!section || sectionIds.length === 0) return []
    const group = withFacts(present?.group ?? null, held?.group ?? null)
    return [{ ...section, group, ids: sectionIds, sizeBytes: sumBytes(sectionIds, rows) }]
  })
}

/** A group, with the earlier group's facts about files that are no longer in it. */
function withFacts(group: ReviewGroup | null, earlier: ReviewGroup | null): ReviewGroup | null {
  if (!group || !earlier) return group ?? earlier
  const known = new Set(group.files.map(({ id }) => id))
  const files = [...group.files, ...earlier.files.filter(({ id }) => !known.has(id))]
  return { ...group, files } as ReviewGroup
}

const sumBytes = (ids: readonly string[], rows: Rows) =>
  ids.reduce((sum, id) => sum + (rows.get(id)?.sizeBytes ?? 0), 0)

interface LineOptions {
  readonly isDense: boolean
  readonly isNarrow: boolean
  /** The row of which an invalid field is explained in a note. */
  readonly notedId: string | undefined
  /** Sections that are expanded or collapsed, by key; others follow `isExpandedAtFirst`. */
  readonly expanded: ReadonlyMap<string, boolean>
}

/**
 * The lines of the list. The line in which a file can be edited has the id of the file as its key, so that it stays the
 * same when the file changes its group. A file may be in several groups: other lines have keys with their section.
 */
export function reviewLines(sections: readonly ReviewSection[], options: LineOptions): ReviewLine[] {
  const seen = new Set<string>()
  return sections.flatMap((section): ReviewLine[] => {
    const { key, group, ids } = section
    const isExpanded = options.expanded.get(key) ?? isExpandedAtFirst(section)
    const header = { kind: 'section', key, section, isExpanded, height: reviewHeights.section } as const
    if (!isExpanded) {
      for (const id of ids) seen.add(id)
      return [header]
    }
    const facts = new Map(group?.files.map((file) => [file.id, { kind: group.kind, ...file } as ReviewFile]))
    const files = ids.map((id): ReviewLine => {
      const isEditable = !seen.has(id)
      seen.add(id)
      const height = fileHeight(section, options, isEditable && options.notedId === id)
      const lineKey = isEditable ? id : `${key} ${id}`
      return { kind: 'file', key: lineKey, id, section, facts: facts.get(id) ?? null, isEditable, height }
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
