import { expect, test } from 'vitest'
import type { FoundPlacesView, PlaceKind } from '../../../../electron/contract/discovery.ts'
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
function setup() {
  const searches: RunningSearch[] = []
  const views: FoundPlacesView[] = []
  const places = new FoundPlaces({
    searchWorker: {
      search: (request, { signal, onMessage }) =>
        new Promise((end) => searches.push({ request, signal, send: onMessage, end })),
    },
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
})
const placeMessage = (found: FoundPlace): SearchMessage => ({ kind: 'place', place: found })
const pathsOf = (models: readonly LocalModel[]) => models.map(({ path }) => path)

test('does not stop a search while a caller needs its result', async () => {
  const { places, newest } = setup()
  const needed = Promise.all([places.searchUninterrupted(), places.searchUninterrupted()])
  places.stop()
  expect(newest().signal?.aborted).toBe(false)
  newest().end(true)
  await needed
  expect(places.view().state).toBe('done')
})

test('stops a search that no caller needs and keeps what it had found', async () => {
  const { places, newest } = setup()
  const needed = places.searchUninterrupted()
  newest().end(true)
  await needed
  const repeated = places.search(true)
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

test('joins a running search and repeats a completed one only on request', async () => {
  const { places, searches, newest } = setup()
  const searchCalls = Promise.all([places.search(false), places.search(true), places.searchUninterrupted()])
  expect([searches.length, places.view().state]).toEqual([1, 'looking'])
  newest().end(true)
  await searchCalls
  await Promise.all([places.search(false), places.searchUninterrupted()])
  expect(searches).toHaveLength(1)
  const repeated = places.search(true)
  expect(searches).toHaveLength(2)
  newest().end(true)
  await repeated
})

test('shows a search that ran out of time as late and repeats it when needed', async () => {
  const { places, searches, newest } = setup()
  const first = places.search(false)
  newest().end(false)
  await first
  expect([places.view().state, places.isSearchComplete()]).toEqual(['late', false])
  const second = places.search(false)
  expect(searches).toHaveLength(2)
  newest().end(true)
  await second
  expect([places.view().state, places.isSearchComplete()]).toEqual(['done', true])
})

test('shows each place as it is found, with counts by type, largest first', async () => {
  const { places, views, newest } = setup()
  const search = places.search(false)
  const models = [
    model('/home/mira/c/1', { modelType: 'vae', sizeBytes: 4 }),
    model('/home/mira/c/2', { sizeBytes: 3 }),
    model('/home/mira/c/3', { sizeBytes: 3 }),
    model('/home/mira/c/4', { sizeBytes: 100, isDuplicate: true }),
  ]
  newest().send(placeMessage(place('/home/mira/h', [model('/home/mira/h/x')], 'hugging-face')))
  newest().send(placeMessage({ ...place('/home/mira/c', models), isComplete: false }))
  newest().end(true)
  await search
  expect(views.map(({ state, places: shown }) => [state, shown.length])).toEqual([
    ['looking', 0],
    ['looking', 1],
    ['looking', 2],
    ['done', 2],
  ])
  expect(views.at(-1)?.places).toMatchObject([
    {
      kind: 'comfyui',
      where: '~/c',
      isWhole: false,
      isInformation: false,
      groups: [
        { modelType: 'loras', count: 2, sizeBytes: 6 },
        { modelType: 'vae', count: 1, sizeBytes: 4 },
      ],
    },
    { kind: 'hugging-face', where: '~/h', isWhole: true, isInformation: true },
  ])
})

test('keeps the id of a place in the next search, without a path in it', async () => {
  const { places, newest } = setup()
  const ids: string[] = []
  for (const count of [1, 2]) {
    const search = places.search(true)
    const models = Array.from({ length: count }, (_, at) => model(`/a/${at}`))
    newest().send(placeMessage(place('/a', models)))
    newest().end(true)
    await search
    ids.push(...places.view().places.map(({ id }) => id))
  }
  expect(ids[0]).toMatch(/^[0-9a-f]{16}$/)
  expect(ids).toEqual([ids[0], ids[0]])
})

test('returns models of the chosen types without duplicates and caches', async () => {
  const { places, newest } = setup()
  const search = places.search(false)
  const again = model('/a/again', { isDuplicate: true })
  newest().send(placeMessage(place('/a', [model('/a/l'), model('/a/v', { modelType: 'vae' }), again])))
  newest().send(placeMessage(place('/h', [model('/h/x')], 'hugging-face')))
  newest().send(placeMessage(place('/e.yaml', [model('/e/x', { modelType: null })], 'extra-paths')))
  newest().end(true)
  await search
  const idOf = (kind: PlaceKind) => places.view().places.find((one) => one.kind === kind)?.id ?? ''
  const chosen = (kind: PlaceKind, ...types: readonly (string | null)[]) =>
    places.modelsOf(idOf(kind), types).map(({ path, isTypeExplicit }) => [path, isTypeExplicit])
  expect(chosen('comfyui', 'loras')).toEqual([['/a/l', false]])
  expect(chosen('comfyui', 'vae', 'loras')).toHaveLength(2)
  expect(chosen('extra-paths', null)).toEqual([['/e/x', true]])
  expect([chosen('hugging-face', 'loras'), places.modelsOf('unknown', ['loras'])]).toEqual([[], []])
  expect(pathsOf(places.allModels())).toEqual(['/a/l', '/a/v', '/a/again', '/e/x'])
})

test('moves models to the yaml file that lists them and removes empty places', async () => {
  const { places, views, newest } = setup()
  const search = places.search(false)
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
  expect(views.at(-1)?.places.map(({ where, groups }) => [where, groups[0]?.count])).toEqual([
    ['/a', 1],
    ['/e.yaml', 2],
  ])
})

test('changes nothing for a file that lists no folders', async () => {
  const { places, views, newest } = setup()
  for (const answer of [{ kind: 'extra-paths', places: null } as const, null]) {
    const added = places.addExtraPaths('/other.yaml')
    if (answer) newest().send(answer)
    newest().end(answer !== null)
    expect(await added).toBe(false)
  }
  expect([views, places.view().places]).toEqual([[], []])
})
