import { createHash } from 'node:crypto'
import type { FindingView, FoundGroup, FoundPlaceView } from '../../contract/discovery.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { FoundPlace } from './search-places.ts'
import type { Searcher } from './searcher.ts'

export interface PlacesFound {
  view(): FindingView
  /** Looks in the usual places; again only when asked for. Resolves when it has looked. */
  look(again: boolean): Promise<void>
  /** The same for somebody who needs the outcome: until it is there nobody stops it. */
  need(): Promise<void>
  stop(): void
  /** Takes in what a yaml file names; answers whether it is such a file. */
  takeExtraPaths(file: string): Promise<boolean>
  /** The models of some types of a place; none when the place is not known or only information. */
  modelsOf(id: string, modelTypes: readonly (string | null)[]): readonly PlacedModel[]
  /** Whether the usual places were looked through to their end. */
  isSeen(): boolean
  /** Everything that was found so far. */
  allModels(): readonly LocalModel[]
}

export interface PlacedModel extends LocalModel {
  /** Its type was written down by the person, and is no guess. */
  readonly isPlaced: boolean
}

/** What is found on this computer is kept in memory, under names that say nothing. */
export function createPlacesFound(options: {
  readonly searcher: Searcher
  readonly told: (view: FindingView) => void
  /** A path as a person reads it. */
  readonly words: (path: string) => string
}): PlacesFound {
  const { searcher, told, words } = options
  const places = new Map<string, FoundPlace>()
  let state: FindingView['state'] = 'idle'
  let needed = 0
  let looking: { readonly abort: AbortController; readonly done: Promise<void> } | null = null

  const view = (): FindingView => ({
    state,
    // What can't be added stands last.
    places: [...places]
      .map(([id, place]) => toView(id, place, words))
      .sort((one, other) => Number(one.isInformation) - Number(other.isInformation)),
  })

  /** A file of which a yaml file tells the type stands there alone. */
  function keep(place: FoundPlace): void {
    places.set(idOf(place.path), place)
    const kept = [...places.values()]
    const named = new Set(kept.filter(isNamed).flatMap(({ models }) => models.map(({ path }) => path)))
    for (const one of kept) {
      const models = isNamed(one) ? one.models : one.models.filter(({ path }) => !named.has(path))
      if (models.length === 0) places.delete(idOf(one.path))
      else if (models.length < one.models.length) places.set(idOf(one.path), { ...one, models })
    }
  }

  function begin(): Promise<void> {
    const abort = new AbortController()
    state = 'looking'
    const done = searcher
      .search(
        { kind: 'places' },
        {
          signal: abort.signal,
          onAnswer(answer) {
            if (answer.is !== 'place') return
            keep(answer.place)
            told(view())
          },
        },
      )
      .then((isDone) => {
        if (looking?.abort !== abort) return
        looking = null
        state = abort.signal.aborted ? 'stopped' : isDone ? 'done' : 'late'
        told(view())
      })
    looking = { abort, done }
    told(view())
    return done
  }

  async function look(again: boolean): Promise<void> {
    if (looking) return looking.done
    if (state === 'done' && !again) return
    await begin()
  }

  return {
    view,
    look,
    async need() {
      needed += 1
      await look(false).finally(() => (needed -= 1))
    },
    stop() {
      if (needed === 0) looking?.abort.abort()
    },
    async takeExtraPaths(file) {
      let found: readonly FoundPlace[] | null = null
      await searcher.search(
        { kind: 'extra-paths', file },
        { onAnswer: (answer) => answer.is === 'extra-paths' && (found = answer.places) },
      )
      const taken = found as readonly FoundPlace[] | null
      if (taken === null) return false
      taken.forEach(keep)
      told(view())
      return true
    },
    modelsOf(id, modelTypes) {
      const place = places.get(id)
      if (!place || isInformation(place)) return []
      const isPlaced = place.kind === 'extra-paths'
      return place.models
        .filter(({ modelType, isAgain }) => modelTypes.includes(modelType) && !isAgain)
        .map((model) => ({ ...model, isPlaced }))
    },
    isSeen: () => state === 'done',
    allModels: () =>
      [...places.values()].filter((place) => !isInformation(place)).flatMap(({ models }) => models),
  }
}

const isNamed = ({ kind }: FoundPlace) => kind === 'extra-paths'
const isInformation = ({ kind }: FoundPlace) => kind === 'hugging-face'

/** The same place has the same id in the next search, so that what the person ticked stays ticked. */
function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

function toView(id: string, place: FoundPlace, words: (path: string) => string): FoundPlaceView {
  const groups = new Map<string | null, { count: number; sizeBytes: number }>()
  for (const { modelType, sizeBytes, isAgain } of place.models) {
    if (isAgain) continue
    const group = groups.get(modelType) ?? { count: 0, sizeBytes: 0 }
    groups.set(modelType, { count: group.count + 1, sizeBytes: group.sizeBytes + sizeBytes })
  }
  return {
    id,
    kind: place.kind,
    where: words(place.path),
    groups: [...groups]
      .map(([modelType, group]): FoundGroup => ({ modelType, ...group }))
      .sort((one, other) => other.sizeBytes - one.sizeBytes),
    isWhole: place.isWhole,
    isInformation: isInformation(place),
  }
}
