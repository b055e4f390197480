import { expect, test } from 'vitest'
import type { UploadConfirmation } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { enqueueAfterConfirmation } from '../../../../electron/discovery/places/confirm-upload.ts'

const files = [2, 3].map((sizeBytes) => ({ path: `/m/${sizeBytes}.pt`, target: {}, sizeBytes }))
const choice = { accountId: 'me', teamId: 'team' }
const destination = { choice, team: { id: 'team', name: 'Studio' }, server: 'cloud.example' }

/** The questions to the user, and what was enqueued. */
async function run(to: typeof destination | null, isConfirmed: boolean) {
  const questions: UploadConfirmation[] = []
  const enqueued: unknown[] = []
  const result = await enqueueAfterConfirmation(files, to, {
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
