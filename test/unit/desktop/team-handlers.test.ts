import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../electron/contract/discovery.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createOtherTeamHandlers, createTeamHandlers } from '../../../electron/desktop/team-handlers.ts'
import type { Destination } from '../../../electron/desktop/window/confirmations.ts'
import type { ConfirmUpload } from '../../../electron/discovery/places/confirm-upload.ts'
import { account, signedIn } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import type { Dialogs } from '../../../electron/desktop/window/dialogs.ts'
import type { Engine } from '../../../electron/engine/engine.ts'

const person = account()
const [team] = person.teams
const choice = { accountId: person.id, teamId: team?.id ?? '' }
const destination: Destination = { team: team?.name ?? '', account: person.email, server: 'cloud.example' }
const offered = { count: 2, sizeBytes: 3_000 }
const report = { added: 2, refused: 0, skipped: [] }
const models = [{ id: 'a', displayName: 'Depth', modelPath: 'loras/depth.gguf', sizeBytes: 9 }]
const depth = { name: 'Depth', path: 'loras/depth.gguf', sizeBytes: 9 }
const fileOf = (id: string) => ({ name: `${id}.gguf`, path: `loras/${id}.gguf`, sizeBytes: 7 })
const finding = failure('file-dangerous')
const folder = {
  id: 'folder-1',
  where: '~/models',
  accountId: person.id,
  team: { id: choice.teamId, name: 'Old' },
  state: 'watching',
  isPolled: false,
  settling: 0,
  incomplete: 0,
  offered,
} as const
const watched = { folders: [folder, { ...folder, id: 'empty', offered: { count: 0, sizeBytes: 0 } }] }

interface Given {
  readonly removeFailing?: readonly string[]
  readonly duringQuestion?: () => void
}

function setup(isConfirmed: boolean, given: Given = {}) {
  const { removeFailing = [], duringQuestion = () => {} } = given
  const asked: unknown[] = []
  const done: unknown[] = []
  let session = signedIn(person)
  let first: object = {}
  const answer =
    (name: string) =>
    async (...facts: unknown[]) => {
      asked.push([name, ...facts])
      duringQuestion()
      return isConfirmed
    }
  const handlers = createTeamHandlers({
    engine: {
      calls: { watching: async () => success(watched) },
      session: () => session,
      snapshot: () => ({
        rows: ['a', 'b'].map((id) => ({
          id,
          fileName: `${id}.gguf`,
          target: { modelPath: `loras/${id}.gguf` },
          sizeBytes: 7,
          accountId: person.id,
          team: { id: choice.teamId },
          failure: id === 'a' ? finding : null,
          ...(id === 'a' ? first : {}),
        })),
      }),
      allow(ids: readonly string[]) {
        done.push(ids)
        return success(true)
      },
      async watchFolder(path: string, _choice: unknown, confirm: () => Promise<boolean>) {
        if (await confirm()) done.push(path)
        return success(watched)
      },
      async giveWatched(id: string, _choice: unknown, confirm: () => Promise<boolean>) {
        if (await confirm()) done.push(id)
        return success(watched)
      },
      async sendOffered(...facts: unknown[]) {
        done.push(facts)
        return success(report)
      },
      async decide(decision: unknown) {
        done.push(decision)
        return success(undefined)
      },
      library: {
        models: async () => success({ models, listedAtMs: 0, completeAtMs: 0, failure: null }),
        async remove(_choice: unknown, id: string) {
          await setImmediate()
          done.push(id)
          return removeFailing.includes(id) ? failed(failure('forbidden')) : success(undefined)
        },
      },
    } as unknown as Engine,
    dialogs: {
      pickPaths: async () => ['/home/mira/models'],
      confirmSending: answer('send'),
      confirmUnsafe: answer('unsafe'),
      confirmWatching: answer('watch'),
      confirmDeleting: answer('delete'),
      confirmReplacing: answer('replace'),
    } as unknown as Dialogs,
  })
  return {
    handlers,
    asked,
    done,
    changeSession: (view: typeof session) => void (session = view),
    changeFirst: (change: object) => void (first = change),
  }
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
  expect(done).toEqual(isYes ? [['folder-1', { ...choice, ...offered }]] : [])
})

test.each([true, false])('asks before files are uploaded to another team too: %s', async (isYes) => {
  const asked: UploadConfirmation[] = []
  const done: unknown[] = []
  const add = async (what: unknown, team: unknown, confirm: ConfirmUpload) => {
    if (await confirm({ count: 1, sizeBytes: 5, team: 'North', server: 'cloud' })) done.push([what, team])
    return success(report)
  }
  const handlers = createOtherTeamHandlers({
    engine: fakeEngine({ otherTeam: { addUploads: add, addModels: add } }),
    dialogs: { confirmOtherTeam: async (question) => asked.push(question) > 0 && isYes },
  })
  await handlers.addUploadsToTeam({ ids: ['a'], team: choice })
  await handlers.addModelsToTeam({ choice, modelIds: ['b'], team: choice })
  expect(asked.map(({ team }) => team)).toEqual(['North', 'North'])
  const models = { choice, modelIds: ['b'] }
  expect(done).toEqual(
    isYes
      ? [
          [['a'], choice],
          [models, choice],
        ]
      : [],
  )
})

test('asks before models are deleted, with what the library says of them, and the team', async () => {
  const { handlers, asked, done } = setup(false)
  expect(await handlers.deleteModels({ choice, modelIds: ['a', 'b', 'a'] })).toEqual(success(null))
  expect([asked, done]).toEqual([[['delete', { count: 2, items: [depth] }, destination]], []])
})

test.each([true, false])(
  'asks before unsafe files are accepted, with the finding and the team: %s',
  async (isYes) => {
    const { handlers, asked, done } = setup(isYes)
    expect(await handlers.allow({ ids: ['a', 'b', 'x'] })).toEqual(success(undefined))
    const files = [{ id: 'a', ...fileOf('a'), finding, choice }]
    expect(asked).toEqual([['unsafe', files, destination]])
    expect(done).toEqual(isYes ? [['a']] : [])
  },
)

test('accepts no file that has changed or got another team during the question', async () => {
  for (const change of [{ failure: failure('file-suspicious') }, { team: { id: 'other' } }]) {
    const { handlers, asked, done, changeFirst } = setup(true, { duringQuestion: () => changeFirst(change) })
    expect(await handlers.allow({ ids: ['a'] })).toEqual(success(undefined))
    expect([asked.length, done]).toEqual([1, [[]]])
  }
})

test('accepts no unsafe file of a team that is not known', async () => {
  const { handlers, asked, changeSession } = setup(true)
  changeSession(signedIn({ ...person, teams: [] }))
  expect(await handlers.allow({ ids: ['a'] })).toEqual(failed(failure('no-team')))
  expect(asked).toEqual([])
})
