import { expect, test } from 'vitest'
import type { FindingView, PlaceKind } from '../../../../electron/contract/discovery.ts'
import { createPlacesFound } from '../../../../electron/discovery/places/found-places.ts'
import type { Searcher } from '../../../../electron/discovery/places/searcher.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import type { FoundPlace } from '../../../../electron/discovery/places/search-places.ts'
import type { SearchAnswer, SearchOrder } from '../../../../electron/discovery/places/search-task.ts'

interface Running {
  readonly order: SearchOrder
  readonly signal: AbortSignal | undefined
  readonly answer: (answer: SearchAnswer) => void
  readonly end: (isWhole: boolean) => void
}

/** What is found, with the searches in the test's hand. */
function setup() {
  const running: Running[] = []
  const views: FindingView[] = []
  const searcher: Pick<Searcher, 'search'> = {
    search: (order, { signal, onAnswer }) =>
      new Promise((end) => running.push({ order, signal, answer: onAnswer, end })),
  }
  const places = createPlacesFound({
    searcher: { ...searcher, close: async () => {} },
    told: (view) => views.push(view),
    words: (path) => path.replace('/home/mira', '~'),
  })
  const newest = (): Running => {
    const one = running.at(-1)
    if (!one) throw new Error('nothing was searched')
    return one
  }
  return { places, running, views, newest }
}

const model = (path: string, change: Partial<LocalModel> = {}): LocalModel => ({
  ...{ path, sizeBytes: 5, mtimeMs: 0, modelType: 'loras', name: path },
  ...change,
})
const place = (path: string, models: readonly LocalModel[], kind: PlaceKind = 'comfyui'): FoundPlace => ({
  ...{ kind, path, models, isWhole: true },
})
const found = (one: FoundPlace): SearchAnswer => ({ is: 'place', place: one })
const paths = (models: readonly LocalModel[]) => models.map(({ path }) => path)

test('a search that somebody needs is not stopped by leaving the view', async () => {
  const { places, newest } = setup()
  const needed = Promise.all([places.need(), places.need()])
  places.stop()
  expect(newest().signal?.aborted).toBe(false)
  newest().end(true)
  await needed
  expect(places.view().state).toBe('done')
})

test('a search is stopped once nobody needs it any more, with what it had found', async () => {
  const { places, newest } = setup()
  const needed = places.need()
  newest().end(true)
  await needed
  const again = places.look(true)
  newest().answer(found(place('/a', [model('/a/x')])))
  places.stop()
  expect(newest().signal?.aborted).toBe(true)
  newest().end(false)
  await again
  expect([places.view().state, places.isSeen(), paths(places.allModels())]).toEqual([
    'stopped',
    false,
    ['/a/x'],
  ])
})

test('a search that runs is shared, and one that is done is not repeated unless asked for', async () => {
  const { places, running, newest } = setup()
  const looks = Promise.all([places.look(false), places.look(true), places.need()])
  expect([running.length, places.view().state]).toEqual([1, 'looking'])
  newest().end(true)
  await looks
  await Promise.all([places.look(false), places.need()])
  expect(running).toHaveLength(1)
  const again = places.look(true)
  expect(running).toHaveLength(2)
  newest().end(true)
  await again
})

test('a search that ran out of time is shown as late and made again when it is needed', async () => {
  const { places, running, newest } = setup()
  const first = places.look(false)
  newest().end(false)
  await first
  expect([places.view().state, places.isSeen()]).toEqual(['late', false])
  const second = places.look(false)
  expect(running).toHaveLength(2)
  newest().end(true)
  await second
  expect([places.view().state, places.isSeen()]).toEqual(['done', true])
})

test('every place is shown as it is found, with counts by type, the largest first', async () => {
  const { places, views, newest } = setup()
  const looked = places.look(false)
  const models = [
    model('/home/mira/c/1', { modelType: 'vae', sizeBytes: 4 }),
    model('/home/mira/c/2', { sizeBytes: 3 }),
    model('/home/mira/c/3', { sizeBytes: 3 }),
    model('/home/mira/c/4', { sizeBytes: 100, isAgain: true }),
  ]
  newest().answer(found(place('/home/mira/h', [model('/home/mira/h/x')], 'hugging-face')))
  newest().answer(found({ ...place('/home/mira/c', models), isWhole: false }))
  newest().end(true)
  await looked
  expect(views.map(({ state, places: shown }) => [state, shown.length])).toEqual([
    ['looking', 0],
    ['looking', 1],
    ['looking', 2],
    ['done', 2],
  ])
  expect(views.at(-1)?.places).toMatchObject([
    {
      ...{ kind: 'comfyui', where: '~/c', isWhole: false, isInformation: false },
      groups: [
        { modelType: 'loras', count: 2, sizeBytes: 6 },
        { modelType: 'vae', count: 1, sizeBytes: 4 },
      ],
    },
    { kind: 'hugging-face', where: '~/h', isWhole: true, isInformation: true },
  ])
})

test('a place keeps its id in the next search, and the id holds no path', async () => {
  const { places, newest } = setup()
  const ids: string[] = []
  for (const count of [1, 2]) {
    const looked = places.look(true)
    const models = Array.from({ length: count }, (_, at) => model(`/a/${at}`))
    newest().answer(found(place('/a', models)))
    newest().end(true)
    await looked
    ids.push(...places.view().places.map(({ id }) => id))
  }
  expect(ids[0]).toMatch(/^[0-9a-f]{16}$/)
  expect(ids).toEqual([ids[0], ids[0]])
})

test('models of the chosen types are handed over, without doubles and without what is only shown', async () => {
  const { places, newest } = setup()
  const looked = places.look(false)
  const again = model('/a/again', { isAgain: true })
  newest().answer(found(place('/a', [model('/a/l'), model('/a/v', { modelType: 'vae' }), again])))
  newest().answer(found(place('/h', [model('/h/x')], 'hugging-face')))
  newest().answer(found(place('/e.yaml', [model('/e/x', { modelType: null })], 'extra-paths')))
  newest().end(true)
  await looked
  const idOf = (kind: PlaceKind) => places.view().places.find((one) => one.kind === kind)?.id ?? ''
  const chosen = (kind: PlaceKind, ...types: readonly (string | null)[]) =>
    places.modelsOf(idOf(kind), types).map(({ path, isPlaced }) => [path, isPlaced])
  expect(chosen('comfyui', 'loras')).toEqual([['/a/l', false]])
  expect(chosen('comfyui', 'vae', 'loras')).toHaveLength(2)
  expect(chosen('extra-paths', null)).toEqual([['/e/x', true]])
  expect([chosen('hugging-face', 'loras'), places.modelsOf('unknown', ['loras'])]).toEqual([[], []])
  expect(paths(places.allModels())).toEqual(['/a/l', '/a/v', '/a/again', '/e/x'])
})

test('a file that names folders takes its models from other places, and an emptied place goes', async () => {
  const { places, views, newest } = setup()
  const looked = places.look(false)
  newest().answer(found(place('/a', [model('/a/1'), model('/a/2')])))
  newest().answer(found(place('/b', [model('/b/1')])))
  newest().end(true)
  await looked
  const before = views.length
  const taken = places.takeExtraPaths('/e.yaml')
  expect(newest().order).toEqual({ kind: 'extra-paths', file: '/e.yaml' })
  newest().answer({
    is: 'extra-paths',
    places: [place('/e.yaml', [model('/a/1'), model('/b/1')], 'extra-paths')],
  })
  newest().end(true)
  expect([await taken, views.length]).toEqual([true, before + 1])
  expect(views.at(-1)?.places.map(({ where, groups }) => [where, groups[0]?.count])).toEqual([
    ['/a', 1],
    ['/e.yaml', 2],
  ])
})

test('a file that names no folders changes nothing', async () => {
  const { places, views, newest } = setup()
  for (const answer of [{ is: 'extra-paths', places: null } as const, null]) {
    const taken = places.takeExtraPaths('/other.yaml')
    if (answer) newest().answer(answer)
    newest().end(answer !== null)
    expect(await taken).toBe(false)
  }
  expect([views, places.view().places]).toEqual([[], []])
})
