import type { FoundModelView, FoundPlaceView } from '../../electron/contract/discovery.ts'
import { rowHeights } from '../uploads/upload-lines.ts'
import type { Line } from '../ui/list/windowing.ts'

/** A place with its models, or those that match a search. */
export interface FoundRows {
  readonly place: FoundPlaceView
  readonly models: readonly FoundModelView[]
}

export type FoundLine = Line &
  /** A place with the models that are listed below it while it is expanded. */
  (
    | (FoundRows & { readonly kind: 'place'; readonly isExpanded: boolean })
    /** A sentence about the place above it. */
    | { readonly kind: 'note'; readonly place: FoundPlaceView; readonly note: FoundNote }
    | { readonly kind: 'model'; readonly place: FoundPlaceView; readonly model: FoundModelView }
  )

export type FoundNote = 'information' | 'not-whole' | 'unreadable'

/** Two lines of small text, in CSS pixels. */
const noteHeight = 40

/** The models whose name, folder or type contains the search, and their places. */
export function foundRows(
  places: readonly FoundPlaceView[],
  modelsIn: (place: FoundPlaceView) => readonly FoundModelView[],
  search: string,
): readonly FoundRows[] {
  const wanted = search.trim().toLowerCase()
  const rows = places.map((place) => ({ place, models: modelsIn(place) }))
  if (wanted === '') return rows
  const matches = ({ name, folder, modelType }: FoundModelView) =>
    `${folder}/${name} ${modelType ?? ''}`.toLowerCase().includes(wanted)
  return rows
    .map(({ place, models }) => ({ place, models: models.filter(matches) }))
    .filter(({ models }) => models.length > 0)
}

/** The lines of the list. Those of models have the model's id as their key. */
export function foundLines(
  rows: readonly FoundRows[],
  options: { readonly isDense: boolean; readonly isExpanded: (place: FoundPlaceView) => boolean },
): FoundLine[] {
  const height = options.isDense ? rowHeights.dense : rowHeights.airy
  return rows.flatMap(({ place, models }): FoundLine[] => {
    const isExpanded = options.isExpanded(place)
    const key = placeKey(place)
    const notes = notesOf(place).map((note): FoundLine => ({
      kind: 'note',
      key: `${key} ${note}`,
      height: noteHeight,
      place,
      note,
    }))
    const header: FoundLine = { kind: 'place', key, height: rowHeights.airy, place, models, isExpanded }
    if (!isExpanded) return [header, ...notes]
    const lines = models.map((model): FoundLine => ({ kind: 'model', key: model.id, height, place, model }))
    return [header, ...notes, ...lines]
  })
}

export const placeKey = ({ id }: FoundPlaceView) => `place ${id}`

function notesOf(place: FoundPlaceView): readonly FoundNote[] {
  return [
    ...(place.isInformation ? ['information' as const] : []),
    ...(place.isWhole ? [] : ['not-whole' as const]),
    ...(place.unreadableCount > 0 ? ['unreadable' as const] : []),
  ]
}
