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

/** The distinct values of a field, sorted, each with its number of models. */
export function valuesOf(
  models: readonly LibraryModel[],
  field: 'modelType' | 'status',
): readonly { readonly value: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const model of models) counts.set(model[field], (counts.get(model[field]) ?? 0) + 1)
  return [...counts]
    .filter(([value]) => value !== '')
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => collator.compare(a.value, b.value))
}
