import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createTeamHandlers } from '../../../electron/desktop/team-handlers.ts'
import type { Destination } from '../../../electron/desktop/window/confirmations.ts'
import { account, signedIn } from '../../components/support/rows.ts'

const person = account()
const [team] = person.teams
const choice = { accountId: person.id, teamId: team?.id ?? '' }
const destination: Destination = { team: team?.name ?? '', account: person.email, server: 'cloud.example' }
const offered = { count: 2, sizeBytes: 3_000 }
const report = { added: 2, refused: 0, skipped: [] }
const watched = {
  folders: [
    {
      ...{
        id: 'folder-1',
        where: '~/models',
        accountId: person.id,
        team: { id: choice.teamId, name: 'Old' },
      },
      ...{ state: 'watching', isPolled: false, settling: 0, incomplete: 0, offered },
    } as const,
  ],
}

function setup(isConfirmed: boolean, removeFailing: readonly string[] = []) {
  const asked: unknown[] = []
  const done: unknown[] = []
  let nowMs = 0
  const answer =
    (name: string) =>
    async (...facts: unknown[]) => {
      asked.push([name, ...facts])
      return isConfirmed
    }
  const handlers = createTeamHandlers({
    engine: {
      calls: { watching: async () => success(watched) },
      session: () => signedIn(person),
      async watchFolder(path: string) {
        done.push(path)
        return success(watched)
      },
      async giveWatched(id: string) {
        done.push(id)
        return success(watched)
      },
      async sendOffered(id: string) {
        done.push(id)
        return success(report)
      },
      library: {
        async remove(_choice: unknown, id: string) {
          done.push(id)
          return removeFailing.includes(id) ? failed(failure('forbidden')) : success(undefined)
        },
      },
    } as unknown as Parameters<typeof createTeamHandlers>[0]['engine'],
    dialogs: {
      pickPaths: async () => ['/home/mira/models'],
      confirmSending: answer('send'),
      confirmWatching: answer('watch'),
      confirmDeleting: answer('delete'),
    },
    now: () => nowMs,
  })
  return { handlers, asked, done, pass: (ms: number) => void (nowMs += ms) }
}

test.each([true, false])('asks before a folder is watched for a team or given to one: %s', async (isYes) => {
  const { handlers, asked, done } = setup(isYes)
  expect(await handlers.watchFolder({ team: choice })).toEqual(success(watched))
  expect(await handlers.giveWatched({ id: 'folder-1', team: choice })).toEqual(success(watched))
  expect(asked).toEqual([
    ['watch', '/home/mira/models', destination],
    ['watch', '~/models', destination],
  ])
  expect(done).toEqual(isYes ? ['/home/mira/models', 'folder-1'] : [])
})

test.each([true, false])('asks before offered files are sent: %s', async (isYes) => {
  const { handlers, asked, done } = setup(isYes)
  expect(await handlers.sendOffered({ id: 'folder-1' })).toEqual(success(isYes ? report : null))
  expect(asked).toEqual([['send', { ...offered, ...destination }]])
  expect(done).toEqual(isYes ? ['folder-1'] : [])
})

test('does not ask about an unknown team or folder', async () => {
  const { handlers, asked, done } = setup(true)
  const unknown = { accountId: 'x', teamId: 'x' }
  const code = (answer: unknown) => (answer as { failure?: { code: string } }).failure?.code
  expect([
    code(await handlers.watchFolder({ team: unknown })),
    code(await handlers.giveWatched({ id: 'folder-1', team: unknown })),
    code(await handlers.giveWatched({ id: 'x', team: choice })),
    code(await handlers.deleteModels({ choice: unknown, modelIds: ['a', 'b'] })),
  ]).toEqual(['no-team', 'no-team', 'not-found', 'no-team'])
  expect(await handlers.sendOffered({ id: 'x' })).toEqual(success({ ...report, added: 0 }))
  expect([asked, done]).toEqual([[], []])
})

test('asks before several models are deleted, with their number and team', async () => {
  const { handlers, asked, done } = setup(false)
  expect(await handlers.deleteModels({ choice, modelIds: ['a', 'b', 'a'] })).toEqual(success(null))
  expect([asked, done]).toEqual([[['delete', 2, destination]], []])
})

test('returns the models that could not be deleted', async () => {
  const { handlers, done } = setup(true, ['b'])
  const modelIds = ['a', 'b', 'c', 'd', 'e', 'f']
  expect(await handlers.deleteModels({ choice, modelIds })).toEqual(
    success([{ modelId: 'b', failure: failure('forbidden') }]),
  )
  expect(done.toSorted()).toEqual(modelIds)
})

test('deletes a few single models without a dialog, but not one after another', async () => {
  const { handlers, asked, done, pass } = setup(false)
  const remove = (id: string) => handlers.deleteModels({ choice, modelIds: [id] })
  for (const id of ['a', 'b', 'c', 'd', 'e']) expect(await remove(id)).toEqual(success([]))
  expect(await remove('f')).toEqual(success(null))
  expect([done, asked]).toEqual([['a', 'b', 'c', 'd', 'e'], [['delete', 1, destination]]])
  pass(10 * 60_000)
  expect(await remove('g')).toEqual(success([]))
})
