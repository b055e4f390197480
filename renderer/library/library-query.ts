import type { LibraryModel } from '../../electron/contract/library.ts'

export const librarySorts = ['name', 'type', 'size', 'date'] as const
export type LibrarySort = (typeof librarySorts)[number]

/** Filter and order of the library list. */
export interface LibraryQuery {
  readonly search: string
  /** `''` for every type. */
  readonly type: string
  /** `''` for every status. */
  readonly status: string
  readonly sort: LibrarySort
  readonly isDescending: boolean
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

const orders: Readonly<Record<LibrarySort, (a: LibraryModel, b: LibraryModel) => number>> = {
  name: (a, b) => collator.compare(a.displayName, b.displayName),
  type: (a, b) => collator.compare(a.modelType, b.modelType),
  size: (a, b) => (a.sizeBytes ?? -1) - (b.sizeBytes ?? -1),
  date: (a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0),
}

/** The matching models, sorted; equal ones by name, then in the order of the server. */
export function filterAndSort(models: readonly LibraryModel[], query: LibraryQuery): readonly LibraryModel[] {
  const words = query.search.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (model: LibraryModel) => {
    if (query.type !== '' && model.modelType !== query.type) return false
    if (query.status !== '' && model.status !== query.status) return false
    if (words.length === 0) return true
    const text = `${model.displayName} ${model.modelPath ?? ''} ${model.modelType} ${model.sha256 ?? ''} ${model.id}`
    const sought = text.toLowerCase()
    return words.every((word) => sought.includes(word))
  }
  const direction = query.isDescending ? -1 : 1
  const order = orders[query.sort]
  return models.filter(fits).sort((a, b) => direction * order(a, b) || orders.name(a, b))
}

/** A value of a field, and the models that have it. */
export interface LibraryValue {
  readonly value: string
  readonly count: number
  /** Null if the size of one of them is not known. */
  readonly totalBytes: number | null
}

/** The distinct values of a field, and the chosen one unless it is `''`, sorted. */
export function valuesOf(
  models: readonly LibraryModel[],
  field: 'modelType' | 'status',
  chosen: string,
): readonly LibraryValue[] {
  const byValue = Map.groupBy(models, (model) => model[field])
  if (!byValue.has(chosen)) byValue.set(chosen, [])
  return [...byValue]
    .filter(([value]) => value !== '')
    .map(([value, having]) => ({ value, count: having.length, totalBytes: totalBytesOf(having) }))
    .sort((a, b) => collator.compare(a.value, b.value))
}

/** The sum of the sizes; null if there is none, or one of them is not known. */
export function totalBytesOf(models: readonly LibraryModel[]): number | null {
  if (models.length === 0) return null
  return models.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  )
}
