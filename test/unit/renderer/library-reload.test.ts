import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { AppState } from '../../../renderer/app/app-state.svelte.ts'
import { Departures } from '../../../renderer/app/departures.svelte.ts'
import { LibraryState } from '../../../renderer/library/library-state.svelte.ts'
import { fakeBridge } from '../../components/support/fake-bridge.ts'
import { libraryModel } from '../../support/library-model.ts'

const choice = { accountId: 'account-1', teamId: 'team-1' }

/** An open library of this many models. */
async function openLibrary(modelCount: number) {
  const models = Array.from({ length: modelCount }, (_, index) =>
    libraryModel(`models/loras/${index}`, { id: `${index}` }),
  )
  const { bridge, asked, emit } = fakeBridge({
    answers: { library: () => success({ models, listedAtMs: 5, completeAtMs: 5, failure: null }) },
  })
  const delays: { readonly ms: number; readonly end: () => void }[] = []
  const library = new LibraryState(new AppState(bridge, new Departures()), {
    now: () => 0,
    delay: (ms) => new Promise((end) => delays.push({ ms, end })),
  })
  library.start()
  await library.open(choice)
  return {
    library,
    delays,
    loadCount: () => asked.filter(({ name }) => name === 'library').length,
    /** A model was registered. */
    register: (teamId = choice.teamId) => emit('library', { teamId, failure: null }),
    /** The server has listed the models. */
    list: (listedAtMs: number) => emit('library', { teamId: choice.teamId, failure: null, listedAtMs }),
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve))

test('loads the models once for several changes, after a time that grows with their number', async () => {
  const { delays, loadCount, register } = await openLibrary(8_000)
  register()
  await expect.poll(() => delays.length).toBe(1)
  expect([loadCount(), delays[0]?.ms]).toEqual([2, 800])
  register()
  register()
  expect(loadCount()).toBe(2)
  delays[0]?.end()
  await expect.poll(() => delays.length).toBe(2)
  expect(loadCount()).toBe(3)
  delays[1]?.end()
  await turn()
  expect([loadCount(), delays.length]).toEqual([3, 2])
})

test('loads the models again after a change during a load', async () => {
  const { library, delays, loadCount, register } = await openLibrary(1)
  const refreshed = library.refresh()
  register()
  await refreshed
  await expect.poll(() => delays.length).toBe(1)
  delays[0]?.end()
  await expect.poll(loadCount).toBe(3)
})

test('loads the models again if a later listing than the answer was reported', async () => {
  const { library, delays, loadCount, list } = await openLibrary(1)
  const refreshed = library.refresh()
  list(5)
  await refreshed
  await turn()
  expect([loadCount(), delays.length]).toEqual([2, 0])
  const again = library.refresh()
  list(6)
  await again
  await expect.poll(loadCount).toBe(4)
})
