import { teamKey } from '../../electron/contract/account.ts'
import { toggleOf, type Phase, type UploadRow } from '../../electron/contract/uploads.ts'
import { failure, type Failure } from '../../electron/contract/failures.ts'
import { compareNames } from '../ui/format.ts'
import { errorKeyOf, groupOf, groups, type Group } from './row-status.ts'

/** Rows with the same error, which is shown once above them. */
export interface RowError {
  readonly key: string
  readonly failure: Failure
  readonly ids: readonly string[]
}

export interface RowGroup {
  readonly group: Group
  readonly ids: readonly string[]
  /** Ids of the rows that can be paused, and that can be resumed. */
  readonly toggles: Readonly<Record<'pause' | 'resume', readonly string[]>>
  /** Only of rows that need attention, all of which belong to one. */
  readonly errors: readonly RowError[]
}

export const uploadSorts = ['position', 'name', 'size', 'state', 'added', 'type', 'team'] as const
export interface UploadSort {
  readonly by: (typeof uploadSorts)[number]
  readonly isDescending: boolean
}

/** The order in which uploads run. */
export const uploadOrder: UploadSort = { by: 'position', isDescending: false }
export const isUploadOrder = ({ by }: UploadSort) => by === 'position'

export type TeamOfRow = Pick<UploadRow, 'accountId' | 'team'>

/** The same team of two servers has two keys, and of two accounts one. */
export const keyOfTeam = ({ accountId, team }: TeamOfRow): string => teamKey({ accountId, teamId: team.id })

/**
 * Everything that determines team, group, order, group actions and search matches of a row; the list is
 * sorted only if it changes. The size does while the file is still being written.
 */
export function sortKey(row: UploadRow, { by }: UploadSort): string {
  const { displayName, modelType, modelPath } = row.target
  const group = row.phase === 'review' ? 'review' : groupOf(row)
  const names = `${row.accountId} ${row.team.id} ${row.team.name}\n${displayName}\n${modelType}\n${modelPath}`
  const toggle = toggleOf(row) ?? errorKeyOf(row)
  const order = `${row.position}\n${row.sizeBytes}\n${row.finishedAtMs ?? ''}`
  // A running upload goes through several phases without changing its place, unless the list is sorted by them.
  return `${group}\n${by === 'state' ? row.phase : ''}\n${toggle}\n${order}\n${names}`
}

/** Whether all words of the search occur in the row's names. */
function matchesSearch(row: UploadRow, search: string): boolean {
  const { displayName, modelType, modelPath } = row.target
  const base = row.recognition.base ?? ''
  const file = `${row.folder}/${row.fileName}`
  const text = `${displayName} ${modelType} ${modelPath} ${file} ${base} ${row.team.name}`.toLocaleLowerCase()
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/**
 * Rows by group in display order. In the order of the queue, the finished ones are sorted latest first. Files
 * in review are not in the list. Held rows are grouped and sorted by the state that they had.
 */
export function groupRows(
  rows: Iterable<UploadRow>,
  options: {
    readonly search: string
    readonly sort: UploadSort
    readonly held?: ReadonlyMap<string, UploadRow>
    /** Then nothing waits. */
    readonly allPaused?: boolean
  },
): RowGroup[] {
  const { search, sort, held, allPaused } = options
  const byGroup: Record<Group, UploadRow[]> = {
    'needs-you': [],
    running: [],
    waiting: [],
    paused: [],
    done: [],
  }
  for (const current of rows) {
    if (current.phase === 'review') continue
    const row = withStateOf(held?.get(current.id), current)
    if (search !== '' && !matchesSearch(row, search)) continue
    const group = groupOf(row)
    byGroup[group === 'waiting' && allPaused ? 'paused' : group].push(row)
  }
  for (const group of groups)
    byGroup[group].sort(group === 'done' && isUploadOrder(sort) ? latestFirst : comparatorOf(sort))
  return groups.filter((group) => byGroup[group].length > 0).map((group) => toRowGroup(group, byGroup[group]))
}

function toRowGroup(group: Group, rows: readonly UploadRow[]): RowGroup {
  const toggles = { pause: idsOf(rows, 'pause'), resume: idsOf(rows, 'resume') }
  if (group !== 'needs-you') return { group, ids: rows.map(({ id }) => id), toggles, errors: [] }
  const errors = rowErrors(rows)
  return { group, ids: errors.flatMap(({ ids }) => ids), toggles, errors }
}

const idsOf = (rows: readonly UploadRow[], toggle: 'pause' | 'resume') =>
  rows.filter((row) => toggleOf(row) === toggle).map(({ id }) => id)

/** Rows by error, in the order of the first row of each. */
function rowErrors(rows: readonly UploadRow[]): RowError[] {
  const byKey = new Map<string, { key: string; failure: Failure; ids: string[] }>()
  for (const row of rows) {
    const key = errorKeyOf(row)
    const same = byKey.get(key)
    if (same) same.ids.push(row.id)
    else byKey.set(key, { key, failure: row.failure ?? failure('unexpected'), ids: [row.id] })
  }
  return [...byKey.values()]
}

/** A row in the state that it had; what the user changes, such as its position, is that of now. */
function withStateOf(held: UploadRow | undefined, row: UploadRow): UploadRow {
  if (!held) return row
  return { ...held, position: row.position, target: row.target }
}

/** Ids of the waiting and paused rows in the order of the queue, whatever the list shows. */
export function idsWaiting(rows: Iterable<UploadRow>): string[] {
  return [...rows]
    .filter((row) => row.phase !== 'review' && isInOrder(row))
    .sort(firstInQueue)
    .map(({ id }) => id)
}

/** Whether the row has a place in the order in which uploads run. */
export const isInOrder = (row: UploadRow) =>
  !row.pausing && (groupOf(row) === 'waiting' || groupOf(row) === 'paused')

/** The rows of a team, by its key; of all teams for null. */
export function rowsOfTeam(rows: Iterable<UploadRow>, teamKey: string | null): Iterable<UploadRow> {
  return teamKey === null ? rows : [...rows].filter((row) => keyOfTeam(row) === teamKey)
}

/** Ids of the files in review, in queue order. */
export function idsInReview(rows: Iterable<UploadRow>): string[] {
  return [...rows]
    .filter(({ phase }) => phase === 'review')
    .sort(firstInQueue)
    .map(({ id }) => id)
}

function firstInQueue(a: UploadRow, b: UploadRow): number {
  return a.position - b.position || a.addedAtMs - b.addedAtMs
}

function latestFirst(a: UploadRow, b: UploadRow): number {
  return (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0)
}

type Comparator = (a: UploadRow, b: UploadRow) => number

const byText =
  (textOf: (row: UploadRow) => string): Comparator =>
  (a, b) =>
    compareNames(textOf(a), textOf(b))

/** What is furthest comes last. */
const phaseOrder: readonly Phase[] = [
  'failed',
  'paused',
  'review',
  'waiting',
  'retrying',
  'checking',
  'sending',
  'finishing',
  'registering',
  'registered',
]

const comparators: Readonly<Record<UploadSort['by'], Comparator>> = {
  position: firstInQueue,
  name: byText(({ target }) => target.displayName),
  size: (a, b) => a.sizeBytes - b.sizeBytes,
  state: (a, b) => phaseOrder.indexOf(a.phase) - phaseOrder.indexOf(b.phase),
  added: (a, b) => a.addedAtMs - b.addedAtMs,
  type: byText(({ target }) => target.modelType),
  team: byText(({ team }) => team.name),
}

/** Rows that are equal keep the order of the queue. */
function comparatorOf({ by, isDescending }: UploadSort): Comparator {
  const compare = comparators[by]
  return (a, b) => (isDescending ? compare(b, a) : compare(a, b)) || firstInQueue(a, b)
}
