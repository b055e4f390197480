import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import type { Agent } from '../../../electron/contract/library.ts'
import { LibraryState } from '../../../renderer/library/library-state.svelte.ts'
import { SessionState } from '../../../renderer/sign-in/session-state.svelte.ts'
import { fakeBridge } from '../../components/support/fake-bridge.ts'

const choice = { accountId: 'account-1', teamId: 'team-1' }
const agent = (name: string): Agent => ({ name, status: 'idle', syncDetail: '', syncPercent: null })

function createLibrary(agents: () => Promise<readonly Agent[]> | readonly Agent[] = () => []) {
  const { bridge, asked, emit } = fakeBridge({ answers: { agents: async () => success(await agents()) } })
  const ignored = () => undefined
  const events = {
    unlisted: ignored,
    missing: ignored,
    statusChanged: ignored,
    deleted: ignored,
    undoFailed: ignored,
    failedUnseen: ignored,
  }
  const clock = { nowMs: 1_000_000 }
  const session = new SessionState(bridge, { paired: ignored, departed: ignored })
  const library = new LibraryState(bridge, session, events, { now: () => clock.nowMs, delay: async () => {} })
  library.start()
  return {
    library,
    clock,
    requestCount: () => asked.filter(({ name }) => name === 'agents').length,
    /** Another model was added to the library. */
    async change() {
      emit('library', { teamId: choice.teamId, failure: null })
      await expect.poll(() => library.isLoading).toBe(false)
    },
  }
}

test('lists the agents again when models change, at most once in 30 seconds', async () => {
  const { library, clock, requestCount, change } = createLibrary()
  await library.open(choice)
  for (const nowMs of [1_000_000, 1_029_999, 1_030_000, 1_059_999, 1_060_000]) {
    clock.nowMs = nowMs
    await change()
  }
  expect(requestCount()).toBe(3)
  expect(library.agents?.listedAtMs).toBe(1_060_000)
})

test('lists the agents again after the clock was set back', async () => {
  const { library, clock, requestCount, change } = createLibrary()
  await library.open(choice)
  clock.nowMs = 0
  await change()
  expect(requestCount()).toBe(2)
})

test('does not list the agents while another view is shown', async () => {
  const { library, clock, requestCount, change } = createLibrary()
  await library.open(choice)
  library.close()
  clock.nowMs += 60_000
  await change()
  expect(requestCount()).toBe(1)
  await library.open(choice)
  expect(requestCount()).toBe(2)
})

test('a late response does not replace a newer list of agents', async () => {
  const late = Promise.withResolvers<readonly Agent[]>()
  const answers = [late.promise, Promise.resolve([agent('new')])]
  const { library } = createLibrary(() => answers.shift() ?? [])
  await library.open(choice)
  await library.refresh()
  await expect.poll(() => library.agents?.agents).toEqual([agent('new')])
  late.resolve([agent('old')])
  await late.promise
  await new Promise(setImmediate)
  expect(library.agents?.agents).toEqual([agent('new')])
})
