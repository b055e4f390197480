import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { AppState } from '../../../renderer/app/app-state.svelte.ts'
import { Departures } from '../../../renderer/app/departures.svelte.ts'
import { LibraryState } from '../../../renderer/library/library-state.svelte.ts'
import { fakeBridge, type Answers } from '../../components/support/fake-bridge.ts'
import { libraryModel } from '../../support/library-model.ts'

const ids = Array.from({ length: 40 }, (_, index) => `${index}`)

/** An open library of 40 models. `answer` is called with the library for each change of a model. */
async function openLibrary(
  answer: (library: LibraryState, id: string) => ReturnType<NonNullable<Answers['changeModel']>>,
) {
  const models = ids.map((id) => libraryModel(`models/loras/${id}`, { id }))
  const { bridge } = fakeBridge({
    answers: {
      library: () => success({ models, listedAtMs: 5, completeAtMs: 5, failure: null }),
      changeModel: ({ modelId }) => answer(library, modelId),
    },
  })
  const delays: (() => void)[] = []
  const app = new AppState(bridge, new Departures())
  const { notices } = app
  const delay = () => new Promise<void>((end) => delays.push(end))
  const library: LibraryState = new LibraryState(app, { now: () => 0, delay })
  await library.open({ accountId: 'account-1', teamId: 'team-1' })
  const offers = () => notices.all.filter((notice) => notice.kind === 'undo')
  return { library, offers }
}

test('shows that many models are changed, and their answers, in one step each', async () => {
  const seen = { operations: new Set<unknown>(), models: new Set<readonly LibraryModel[]>() }
  const { library } = await openLibrary((current, id) => {
    seen.operations.add(current.operations)
    seen.models.add(current.models)
    return id === '7' ? failed(failure('bad-request')) : success(undefined)
  })
  const refusal = await library.change(ids, { status: 'disabled' })
  expect([seen.operations.size, seen.models.size]).toEqual([1, 1])
  expect(refusal).toEqual(failure('bad-request'))
  expect([...library.operations].map(([id, { kind }]) => [id, kind])).toEqual([['7', 'failed']])
  expect(library.models.filter(({ status }) => status !== 'disabled').map(({ id }) => id)).toEqual(['7'])
})

test('an undo leaves a model that is being changed, and can be repeated for it', async () => {
  const requested: string[] = []
  const renamed = Promise.withResolvers<ReturnType<typeof success<undefined>>>()
  const { library, offers } = await openLibrary((_, id) => {
    requested.push(id)
    return requested.length === 3 ? renamed.promise : success(undefined)
  })
  await library.setStatus(['0', '1'], 'disabled')
  const renaming = library.change(['0'], { displayName: 'Flux' })
  expect(await offers()[0]?.onaction()).toBe(true)
  expect(offers()).toMatchObject([{ params: { count: 1 } }])
  expect(await offers()[0]?.onaction()).toBe(false)
  renamed.resolve(success(undefined))
  await renaming
  expect(await offers()[0]?.onaction()).toBe(true)
  expect(requested).toEqual(['0', '1', '0', '1', '0'])
})
