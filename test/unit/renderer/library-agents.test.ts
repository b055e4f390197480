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
