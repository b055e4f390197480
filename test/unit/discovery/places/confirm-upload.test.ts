import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { enqueueAfterConfirmation } from '../../../../electron/discovery/places/confirm-upload.ts'
import { createModelFolder } from '../model-folder.ts'

const files = [2, 3].map((sizeBytes) => ({ path: `/m/${sizeBytes}.pt`, target: {}, sizeBytes }))
type SelectedFiles = Parameters<typeof enqueueAfterConfirmation>[0]
const choice = { accountId: 'me', teamId: 'team' }
const destination = { choice, team: { id: 'team', name: 'Studio' }, server: 'cloud.example' }

/** The questions to the user, and what was enqueued. */
async function run(to: typeof destination | null, isConfirmed: boolean, selected: SelectedFiles = files) {
  const questions: UploadConfirmation[] = []
  const enqueued: unknown[] = []
  const result = await enqueueAfterConfirmation(selected, to, {
    confirm: async (question) => (questions.push(question), isConfirmed),
    async enqueue(...request) {
      enqueued.push(request)
      return request[1] ? success({ added: 2, refused: 0, skipped: [] }) : failed(failure('no-team'))
    },
  })
  return { questions, enqueued, result: result.ok ? (result.value?.added ?? null) : result.failure.code }
}

const question = { count: 2, sizeBytes: 5, team: 'Studio', server: 'cloud.example' }

test('enqueues files for a team once the user has confirmed number, size, team and server', async () => {
  expect(await run(destination, true)).toEqual({
    questions: [question],
    enqueued: [[files, choice]],
    result: 2,
  })
})

test('enqueues nothing if the user declines', async () => {
  expect(await run(destination, false)).toEqual({ questions: [question], enqueued: [], result: null })
})

test('returns the failure of enqueueing without a team, without asking', async () => {
  expect(await run(null, false)).toEqual({ questions: [], enqueued: [[files, null]], result: 'no-team' })
})

test('asks about the other shards of a selected one and their index, and enqueues them beside it', async () => {
  const names = ['m-0001-of-0002.bin', 'm-0002-of-0002.bin', 'm.bin.index.json']
  const folder = createModelFolder(...names, 'other.bin')
  const paths = names.map((name) => join(folder, name))
  const target = { modelType: 'llm', modelPath: 'models/llm/big/renamed.bin' }
  const selected = [
    { path: join(folder, 'other.bin'), target: {}, sizeBytes: 2_000 },
    { path: paths[0] ?? '', target, sizeBytes: 2_000 },
  ]
  const beside = names.map((name) => ({ modelType: 'llm', modelPath: `models/llm/big/${name}` }))
  expect(await run(destination, true, selected)).toMatchObject({
    questions: [{ count: 4, sizeBytes: 8_000 }],
    enqueued: [
      [
        [
          ...selected,
          { path: paths[1], target: beside[1], sizeBytes: 2_000 },
          { path: paths[2], target: beside[2], sizeBytes: 2_000 },
        ],
        choice,
      ],
    ],
  })
})

test('asks once about shards of which several are selected', async () => {
  const folder = createModelFolder('m-00000-of-00002.gguf', 'm-00001-of-00002.gguf')
  const selected = [0, 1].map((number) => ({
    path: join(folder, `m-0000${number}-of-00002.gguf`),
    target: {},
    sizeBytes: 2_000,
  }))
  expect(await run(destination, true, selected)).toMatchObject({
    questions: [{ count: 2, sizeBytes: 4_000 }],
    enqueued: [[selected, choice]],
  })
})
