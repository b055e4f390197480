import { expect, test } from 'vitest'
import { failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { Target } from '../../../electron/contract/uploads.ts'
import { editTargets } from '../../../electron/intake/edit-targets.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { replacingState, storedState, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const target: Target = { displayName: 'Mine', modelType: 'loras', modelPath: 'models/loras/mine.safetensors' }
const taken = failure('path-taken', { name: 'Blue' })

/** Edits the targets of uploads; `requeued` are the ones that were queued again. */
function edit(
  records: readonly UploadRecord[],
  change: Partial<Target> = {},
  requeue: () => Result<void> = () => success(undefined),
) {
  const { rows } = rowsOnJournal(records)
  const [requeued, retyped]: [string[], string[]] = [[], []]
  let abandonedCount = 0
  const edited = editTargets(
    records.map(({ id }) => ({ id, target: { ...target, ...change } })),
    {
      rows,
      requeue({ record }) {
        requeued.push(record.id)
        return requeue()
      },
      onAbandoned: () => (abandonedCount += 1),
      onTypesEdited: (edits) => retyped.push(...edits.map((record) => record.target.modelType)),
    },
  )
  return { edited, rows, requeued }
}

test.for<[what: string, given: Partial<UploadRecord>, isEdited: boolean]>([
  ['waits', {}, true],
  ['has failed because of its file', { phase: 'failed', failure: failure('file-empty') }, true],
  ['has sent bytes', { state: { kind: 'queued', started: true } }, false],
  [
    'has sent bytes and failed',
    { state: storedState(), phase: 'failed', failure: failure('forbidden') },
    false,
  ],
  [
    'has sent bytes to a path that is in use',
    { state: storedState(), phase: 'failed', failure: taken },
    true,
  ],
  [
    'has sent bytes and waits for a decision',
    { state: storedState(), phase: 'waiting', failure: taken },
    false,
  ],
  ['has registered its model', { state: replacingState('m'), phase: 'failed', failure: taken }, false],
])('changes the target of an upload that %s: %s', ([_what, given, isEdited]) => {
  const record = uploadRecord(given)
  const { edited, rows } = edit([record])
  expect(edited).toEqual(success(isEdited ? [record.id] : []))
  expect(rows.get(record.id)?.record.target).toEqual(isEdited ? target : record.target)
})

test('queues only those again that failed because of their target', () => {
  const codes = ['path-taken', 'path-taken-here', 'conflict', 'target-path'] as const
  const fixed = [
    ...codes.map((code) => uploadRecord({ phase: 'failed', failure: failure(code) })),
    uploadRecord({ phase: 'review', failure: taken }),
  ]
  const others = [uploadRecord({ phase: 'failed', failure: failure('file-empty') }), uploadRecord()]
  expect(edit([...others, ...fixed]).requeued).toEqual(fixed.map(({ id }) => id))
})
