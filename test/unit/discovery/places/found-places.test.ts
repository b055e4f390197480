import { expect, test } from 'vitest'
import type { FoundModelState, FoundPlacesView, PlaceKind } from '../../../../electron/contract/discovery.ts'
import { FoundPlaces } from '../../../../electron/discovery/places/found-places.ts'
import type { SearchMessage, SearchRequest } from '../../../../electron/discovery/places/search-messages.ts'
import type { FoundPlace } from '../../../../electron/discovery/places/search-places.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'

interface RunningSearch {
  readonly request: SearchRequest
  readonly signal: AbortSignal | undefined
  readonly send: (message: SearchMessage) => void
  readonly end: (isComplete: boolean) => void
}

/** Found places whose searches are controlled by the test. */
function setup(stateOf: (files: readonly LocalModel[]) => FoundModelState = () => 'new') {
  const searches: RunningSearch[] = []
  const views: FoundPlacesView[] = []
  const places = new FoundPlaces({
    searchWorker: {
      search: (request, { signal, onMessage }) =>
        new Promise((end) => searches.push({ request, signal, send: onMessage, end })),
    },
    createComparison: () => stateOf,
    library: () => ({ team: null, isListing: false, failure: null, listedAtMs: null }),
    onChange: (view) => views.push(view),
    displayPath: (path) => path.replace('/home/mira', '~'),
  })
  const newest = (): RunningSearch => {
    const search = searches.at(-1)
    if (!search) throw new Error('no search was started')
    return search
  }
  return { places, searches, views, newest }
}

const model = (path: string, change: Partial<LocalModel> = {}): LocalModel => ({
  path,
  sizeBytes: 5,
  mtimeMs: 0,
  modelType: 'loras',
  name: path,
  ...change,
})
const place = (path: string, models: readonly LocalModel[], kind: PlaceKind = 'comfyui'): FoundPlace => ({
  kind,
  path,
  models,
  isComplete: true,
  unreadable: [],
})
const placeMessage = (found: FoundPlace): SearchMessage => ({ kind: 'place', place: found })
const pathsOf = (models: readonly LocalModel[]) => models.map(({ path }) => path)

test('stops a search that no caller needs and keeps what it had found', async () => {
  const { places, newest } = setup()
  const needed = places.searchUninterrupted()
  newest().end(true)
  await needed
  const repeated = places.search()
  newest().send(placeMessage(place('/a', [model('/a/x')])))
  places.stop()
  expect(newest().signal?.aborted).toBe(true)
  newest().end(false)
  await repeated
  expect([places.view().state, places.isSearchComplete(), pathsOf(places.allModels())]).toEqual([
    'stopped',
    false,
    ['/a/x'],
  ])
})

test('joins a running search, and repeats a completed one', async () => {
  const { places, searches, newest } = setup()
  const searchCalls = Promise.all([places.search(), places.search(), places.searchUninterrupted()])
  expect([searches.length, places.view().state]).toEqual([1, 'looking'])
  newest().end(true)
  await searchCalls
  const repeated = places.search()
  expect(searches).toHaveLength(2)
  newest().end(true)
  await repeated
})

test('shows a search that ran out of time as late and repeats it when needed', async () => {
  const { places, searches, newest } = setup()
  const first = places.search()
  newest().end(false)
  await first
  expect([places.view().state, places.isSearchComplete()]).toEqual(['late', false])
  const second = places.search()
  expect(searches).toHaveLength(2)
  newest().end(true)
  await second
  expect([places.view().state, places.isSearchComplete()]).toEqual(['done', true])
})

test('lists the models of a place that are no copies, largest first', async () => {
  const { places, newest } = setup(([file]) => (file?.path.endsWith('/1') ? 'in-library' : 'new'))
  const search = places.search()
  const models = [
    model('/home/mira/c/loras/2', { sizeBytes: 3 }),
    model('/home/mira/c/1', { modelType: 'vae', sizeBytes: 4 }),
    model('/home/mira/c/4', { sizeBytes: 100, isDuplicate: true }),
  ]
  newest().send(placeMessage(place('/home/mira/c', models)))
  newest().end(true)
  await search
  const [shown] = places.view().places
  expect(shown).toMatchObject({ where: '~/c', modelCount: 2, sizeBytes: 7, presentCount: 1 })
  expect(places.modelsIn(shown?.id ?? '')).toMatchObject([
    { name: '1', folder: '', modelType: 'vae', sizeBytes: 4, state: 'in-library' },
    { name: '2', folder: 'loras', modelType: 'loras', sizeBytes: 3, state: 'new' },
  ])
})

test('lists a diffusers model once, with all its files', async () => {
  const { places, newest } = setup()
  const search = places.search()
  const parts = ['unet/x', 'vae/x'].map((part) =>
    model(`/a/diffusers/wan/${part}`, { modelFolder: '/a/diffusers/wan' }),
  )
  newest().send(placeMessage(place('/a', parts)))
  newest().end(true)
  await search
  const models = places.modelsIn(places.view().places[0]?.id ?? '')
  expect(models).toMatchObject([{ name: 'wan', folder: 'diffusers', fileCount: 2, sizeBytes: 10 }])
  expect(pathsOf(places.filesOf(models.map(({ id }) => id)))).toEqual(pathsOf(parts))
})

test('shows a place whose folders can’t be read although it lists no model', async () => {
  const { places, newest } = setup()
  const search = places.search()
  newest().send(placeMessage({ ...place('/a', []), unreadable: ['/a'] }))
  newest().end(true)
  await search
  expect(places.view().places).toMatchObject([{ where: '/a', modelCount: 0, unreadable: ['/a'] }])
})

test('returns the files of chosen models, but none of caches', async () => {
  const { places, newest } = setup()
  const search = places.search()
  const again = model('/a/again', { isDuplicate: true })
  newest().send(placeMessage(place('/a', [model('/a/l'), model('/a/v', { modelType: 'vae' }), again])))
  newest().send(placeMessage(place('/h', [model('/h/x')], 'hugging-face')))
  newest().send(placeMessage(place('/e.yaml', [model('/e/x', { modelType: null })], 'extra-paths')))
  newest().end(true)
  await search
  const idsIn = (kind: PlaceKind) => {
    const id = places.view().places.find((one) => one.kind === kind)?.id ?? ''
    return places.modelsIn(id).map((one) => one.id)
  }
  const chosen = (ids: readonly string[]) =>
    places.filesOf(ids).map(({ path, isTypeExplicit }) => [path, isTypeExplicit])
  expect(chosen(idsIn('comfyui').slice(0, 1))).toEqual([['/a/l', false]])
  expect(chosen(idsIn('comfyui'))).toHaveLength(2)
  expect(chosen(idsIn('extra-paths'))).toEqual([['/e/x', true]])
  expect([chosen(idsIn('hugging-face')), chosen(['unknown'])]).toEqual([[], []])
  expect(pathsOf(places.allModels())).toEqual(['/a/l', '/a/v', '/a/again', '/e/x'])
})

test('moves models to the yaml file that lists them and removes empty places', async () => {
  const { places, views, newest } = setup()
  const search = places.search()
  newest().send(placeMessage(place('/a', [model('/a/1'), model('/a/2')])))
  newest().send(placeMessage(place('/b', [model('/b/1')])))
  newest().end(true)
  await search
  const before = views.length
  const added = places.addExtraPaths('/e.yaml')
  expect(newest().request).toEqual({ kind: 'extra-paths', file: '/e.yaml' })
  newest().send({
    kind: 'extra-paths',
    places: [place('/e.yaml', [model('/a/1'), model('/b/1')], 'extra-paths')],
  })
  newest().end(true)
  expect([await added, views.length]).toEqual([true, before + 1])
  expect(views.at(-1)?.places.map(({ where, modelCount }) => [where, modelCount])).toEqual([
    ['/a', 1],
    ['/e.yaml', 2],
  ])
})

test('forgets all places and ends the search when a user signs out', async () => {
  const { places, views, newest } = setup()
  const search = places.search()
  newest().send(placeMessage(place('/a', [model('/a/x')])))
  places.clear()
  expect(newest().signal?.aborted).toBe(true)
  expect(views.at(-1)).toMatchObject({ state: 'idle', places: [] })
  newest().end(false)
  await search
  expect(places.allModels()).toEqual([])
})
