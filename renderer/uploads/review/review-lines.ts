import {
  reviewSetting,
  type NotSent,
  type ReviewFacts,
  type ReviewGroupKind,
  type ReviewView,
} from '../../../electron/contract/review.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { Line } from '../../ui/list/windowing.ts'
import { problemLine, rowHeights, type ProblemLine } from '../upload-lines.ts'

/** Options of the settings. */
export const reviewOptions = reviewSetting.options

/** What the user decides about, the most urgent first. */
const decisions = ['path-conflict', 'unsafe', 'outside', 'private-content', 'licence'] as const

/** Files that need the same decision, that are ready, or that aren't sent. */
export interface ReviewSection {
  /** Also the key of its line. */
  readonly key: string
  readonly kind: (typeof decisions)[number] | 'ready' | 'left'
  /** The type of files that are ready. */
  readonly modelType: string
  readonly ids: readonly string[]
  readonly sizeBytes: number
}

export type ReviewLine = Line &
  (
    | { readonly kind: 'section'; readonly section: ReviewSection; readonly isExpanded: boolean }
    | { readonly kind: 'file'; readonly id: string; readonly section: ReviewSection }
    | ProblemLine
  )

/** What was found about one file. */
export type ReviewFile = {
  [Kind in ReviewGroupKind]: { readonly kind: Kind } & ReviewFacts[Kind]
}[ReviewGroupKind]

/** Reviews of at most this many files show them all at once: about as many rows as fit in a small window. */
const fewFiles = 8

/** Height of a section's header in CSS pixels; files are as high as the rows of the list. */
const sectionHeight = 40

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

/** What was found about each file. */
export function factsByFile({ groups }: ReviewView): ReadonlyMap<string, readonly ReviewFile[]> {
  const facts = new Map<string, ReviewFile[]>()
  for (const { kind, files } of groups)
    for (const file of files) {
      const one = { kind, ...file } as ReviewFile
      const known = facts.get(file.id)
      if (known) known.push(one)
      else facts.set(file.id, [one])
    }
  return facts
}

/** Each file once: decisions first, then files that are ready by type, largest type first, then the others. */
export function reviewSections(
  { groups }: ReviewView,
  { skipped }: NotSent,
  ids: readonly string[],
  rows: Rows,
): ReviewSection[] {
  const idsIn = (kind: ReviewGroupKind) =>
    new Set(groups.find((group) => group.kind === kind)?.files.map(({ id }) => id))
  const broken = idsIn('broken')
  const byDecision = decisions.map((kind) => ({ kind, ids: idsIn(kind) }))
  const typeOf = (id: string) => rows.get(id)?.target.modelType ?? ''
  const kindOf = (id: string): ReviewSection['kind'] =>
    broken.has(id) || skipped.has(id)
      ? 'left'
      : (byDecision.find((decision) => decision.ids.has(id))?.kind ?? 'ready')
  const byKind = Map.groupBy(ids, kindOf)
  const toSection = (kind: ReviewSection['kind'], some: readonly string[], modelType = '') => ({
    key: `section ${kind} ${modelType}`,
    kind,
    modelType,
    ids: some,
    sizeBytes: sumBytes(some, rows),
  })
  const ready = [...Map.groupBy(byKind.get('ready') ?? [], typeOf)].map(([modelType, some]) =>
    toSection('ready', some, modelType),
  )
  return [
    ...decisions.map((kind) => toSection(kind, byKind.get(kind) ?? [])),
    ...ready.sort((one, other) => other.sizeBytes - one.sizeBytes),
    toSection('left', byKind.get('left') ?? []),
  ].filter((section) => section.ids.length > 0)
}

const sumBytes = (ids: readonly string[], rows: Rows) =>
  ids.reduce((sum, id) => sum + (rows.get(id)?.sizeBytes ?? 0), 0)

interface LineOptions {
  readonly isDense: boolean
  readonly isNarrow: boolean
  /** The row with an invalid text. */
  readonly invalidId: string | undefined
  /** Sections that the user has expanded or collapsed, by key; at first decisions are expanded, and in small reviews what is ready. */
  readonly expanded: ReadonlyMap<string, boolean>
}

/** The lines of the list. */
export function reviewLines(
  sections: readonly ReviewSection[],
  { isDense, isNarrow, invalidId, expanded }: LineOptions,
): ReviewLine[] {
  const height = isDense ? rowHeights.dense : rowHeights.airy
  const isSmall = sections.reduce((sum, { ids }) => sum + ids.length, 0) <= fewFiles
  return sections.flatMap((section): ReviewLine[] => {
    const { key, kind, ids } = section
    const isExpanded = expanded.get(key) ?? (kind === 'ready' ? isSmall : kind !== 'left')
    const header: ReviewLine = { kind: 'section', key, section, isExpanded, height: sectionHeight }
    if (!isExpanded) return [header]
    const files = ids.flatMap((id): ReviewLine[] => {
      const file = { kind: 'file', key: id, id, section, height } as const
      return id === invalidId ? [file, problemLine(id, isNarrow)] : [file]
    })
    return [header, ...files]
  })
}
