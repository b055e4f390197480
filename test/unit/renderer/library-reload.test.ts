import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { LibraryState } from '../../../renderer/library/library-state.svelte.ts'
import { SessionState } from '../../../renderer/sign-in/session-state.svelte.ts'
import { fakeBridge } from '../../components/support/fake-bridge.ts'
import { libraryModel } from '../../support/library-model.ts'

const choice = { accountId: 'account-1', teamId: 'team-1' }

/** An open library of this many models. */
async function openLibrary(modelCount: number) {
  const models = Array.from({ length: modelCount }, (_, index) =>
    libraryModel(`models/loras/${index}`, { id: `${index}` }),
  )
  const { bridge, asked, emit } = fakeBridge({
    answers: { library: () => success({ models, listedAtMs: 0, completeAtMs: 0, failure: null }) },
  })
  const ignored = () => undefined
  const events = { unlisted: ignored, missing: ignored, statusChanged: ignored, undoFailed: ignored }
  const session = new SessionState(bridge, { paired: ignored, departed: ignored })
  const delays: { readonly ms: number; readonly end: () => void }[] = []
  const library = new LibraryState(bridge, session, events, {
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
    register: () => emit('library', { teamId: choice.teamId, failure: null }),
  }
}

test('loads the models once for changes that follow each other, after a time that grows with their number', async () => {
  const { delays, loadCount, register } = await openLibrary(8_000)
  register()
  await expect.poll(() => delays.length).toBe(1)
  expect([loadCount(), delays[0]?.ms]).toEqual([2, 800])
  register()
  register()
  expect(loadCount()).toBe(2)
  delays[0]?.end()
  await expect.poll(() => delays.length).toBe(2)
  delays[1]?.end()
  expect(loadCount()).toBe(3)
})

test('loads no models while another view is shown, and those of a change when it is opened again', async () => {
  const { library, loadCount, register } = await openLibrary(1)
  library.close()
  register()
  expect(loadCount()).toBe(1)
  await library.open(choice)
  expect(loadCount()).toBe(2)
})
