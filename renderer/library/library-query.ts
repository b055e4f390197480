import type { LibraryModel } from '../../electron/contract/library.ts'
import { shardIndexEndings, shardNamePattern } from '../../electron/contract/recognition.ts'
import { compareNames } from '../ui/format.ts'

export const librarySorts = ['name', 'type', 'base', 'state', 'size', 'added'] as const
export type LibrarySort = (typeof librarySorts)[number]

/** A row of the list: a model, or one whose `files` are models of the server. */
export interface LibraryRow extends LibraryModel {
  /** Absent for a model of one file, which has its id. */
  readonly files?: readonly LibraryModel[]
}

/** The models of a row; none without one. */
export const filesOf = (row: LibraryRow | undefined): readonly LibraryModel[] =>
  row === undefined ? [] : (row.files ?? [row])

/** Filter and order of the library list. A filter is `''` for every value. */
export interface LibraryQuery {
  readonly search: string
  readonly type: string
  readonly base: string
  readonly status: string
  readonly sort: LibrarySort
  readonly isDescending: boolean
}

const diffusersIndex = '/model_index.json'
const diffusersFolder = /^models\/diffusers\/[^/]+(?=\/)/

/** The stem of a numbered part or of its index, or null. */
function stemOf(modelPath: string): string | null {
  const ending = shardIndexEndings.find((one) => modelPath.toLowerCase().endsWith(one))
  return ending ? modelPath.slice(0, -ending.length) : (shardNamePattern.exec(modelPath)?.[1] ?? null)
}

/** What the paths of a multi-file model's files begin with; null for others. */
function sharedPath({ modelType, modelPath }: LibraryModel, roots: ReadonlySet<string>): string | null {
  if (modelPath === null) return null
  const folder = modelType === 'diffusers' ? diffusersFolder.exec(modelPath)?.[0] : undefined
  if (folder === undefined) return stemOf(modelPath)
  for (let end = folder.length; end > 0; end = modelPath.indexOf('/', end + 1))
    if (roots.has(modelPath.slice(0, end))) return modelPath.slice(0, end)
  return folder
}

/** One row for each model, in the order of the first file of each. */
export function toRows(models: readonly LibraryModel[]): readonly LibraryRow[] {
  const indexes = models.filter(({ modelPath }) => modelPath?.endsWith(diffusersIndex))
  const roots = new Set(indexes.map(({ modelPath }) => modelPath?.slice(0, -diffusersIndex.length) ?? ''))
  const paths = new Map<LibraryModel, string>()
  const files = Map.groupBy(models, (model) => {
    const path = sharedPath(model, roots)
    if (path === null) return model.id
    paths.set(model, path)
    return `${model.modelType} ${path}`
  })
  return [...files].flatMap(([id, [first, ...others]]) => {
    if (!first || others.length === 0) return first ?? []
    return toRow(id, paths.get(first) ?? '', [first, ...others])
  })
}

function toRow(id: string, path: string, files: readonly [LibraryModel, ...LibraryModel[]]): LibraryRow {
  const dates = files.flatMap(({ createdAtMs }) => createdAtMs ?? [])
  const { base } = files.find((file) => file.base !== undefined) ?? {}
  return {
    id,
    displayName: path.slice(path.lastIndexOf('/') + 1),
    modelType: files[0].modelType,
    modelPath: path,
    sizeBytes: totalBytesOf(files),
    sha256: null,
    status: files.find(({ status }) => status !== 'active')?.status ?? 'active',
    createdAtMs: dates.length === 0 ? null : Math.min(...dates),
    storageKey: null,
    ...(base === undefined ? {} : { base }),
    files,
  }
}

/** The rows of models. */
export function rowIdsOf(rows: readonly LibraryRow[], modelIds: readonly string[]): readonly string[] {
  const wanted = new Set(modelIds)
  return rows.filter((row) => filesOf(row).some(({ id }) => wanted.has(id))).map(({ id }) => id)
}

const orders: Readonly<Record<LibrarySort, (a: LibraryRow, b: LibraryRow) => number>> = {
  name: (a, b) => compareNames(a.displayName, b.displayName),
  type: (a, b) => compareNames(a.modelType, b.modelType),
  base: (a, b) => compareNames(a.base ?? '', b.base ?? ''),
  state: (a, b) => compareNames(a.status, b.status),
  size: (a, b) => (a.sizeBytes ?? -1) - (b.sizeBytes ?? -1),
  added: (a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0),
}

const searchedText = ({ displayName, modelPath, modelType, base, sha256, id }: LibraryModel) =>
  `${displayName} ${modelPath ?? ''} ${modelType} ${base ?? ''} ${sha256 ?? ''} ${id}`

/** The matching rows, sorted; equal ones by name, then in the order of the server. */
export function filterAndSort(rows: readonly LibraryRow[], query: LibraryQuery): readonly LibraryRow[] {
  const words = query.search.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (row: LibraryRow) => {
    if (query.type !== '' && row.modelType !== query.type) return false
    if (query.base !== '' && row.base !== query.base) return false
    if (query.status !== '' && row.status !== query.status) return false
    if (words.length === 0) return true
    const sought = filesOf(row).map(searchedText).join(' ').toLowerCase()
    return words.every((word) => sought.includes(word))
  }
  const direction = query.isDescending ? -1 : 1
  const order = orders[query.sort]
  return rows.filter(fits).sort((a, b) => direction * order(a, b) || orders.name(a, b))
}

/** A value of a field, and the rows that have it. */
export interface LibraryValue {
  readonly value: string
  readonly count: number
  /** Null if the size of one of them is not known. */
  readonly totalBytes: number | null
}

/** The distinct values of a field, and the chosen one unless it is `''`, sorted. */
export function valuesOf(
  rows: readonly LibraryRow[],
  field: 'modelType' | 'base' | 'status',
  chosen: string,
): readonly LibraryValue[] {
  const byValue = Map.groupBy(rows, (row) => row[field] ?? '')
  if (!byValue.has(chosen)) byValue.set(chosen, [])
  return [...byValue]
    .filter(([value]) => value !== '')
    .map(([value, having]) => ({ value, count: having.length, totalBytes: totalBytesOf(having) }))
    .sort((a, b) => compareNames(a.value, b.value))
}

/** The sum of the sizes; null if there is none, or one of them is not known. */
export function totalBytesOf(models: readonly LibraryModel[]): number | null {
  if (models.length === 0) return null
  return models.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  )
}

/** The lines of the list. What is said about failed models is above the first row that has them. */
export function libraryLines(
  rows: readonly LibraryRow[],
  failures: ReadonlyMap<string, string>,
  { rowHeight, errorHeight }: { readonly rowHeight: number; readonly errorHeight: number },
) {
  const said = new Set<string>()
  return rows.flatMap((model) => {
    const row = { kind: 'row', key: model.id, height: rowHeight, model } as const
    if (failures.size === 0 || !filesOf(model).some(({ id }) => failures.has(id))) return row
    const texts = new Set(filesOf(model).flatMap(({ id }) => failures.get(id) ?? []))
    const errors = [...texts].filter((text) => !said.has(text))
    for (const text of errors) said.add(text)
    return [
      ...errors.map((text) => ({ kind: 'error', key: `error ${text}`, height: errorHeight, text }) as const),
      row,
    ]
  })
}
