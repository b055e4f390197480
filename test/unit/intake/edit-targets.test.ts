import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryRelation } from '../../../electron/contract/library.ts'
import type { Target } from '../../../electron/contract/uploads.ts'
import { editTargets, retargeted } from '../../../electron/intake/edit-targets.ts'
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
  return { edited, rows, requeued, retyped, abandonedCount }
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

test('keeps the target of an upload whose run is under way', () => {
  const record = uploadRecord()
  const { rows } = rowsOnJournal([record])
  rows.applyEvent(record.id, 'begin')
  const services = { rows, requeue: () => success(undefined), onAbandoned() {}, onTypesEdited() {} }
  expect(editTargets([{ id: record.id, target }], services)).toEqual(success([]))
})

test('queues only those again that failed because of their target', () => {
  const records = [
    uploadRecord({ phase: 'failed', failure: taken }),
    uploadRecord({ phase: 'failed', failure: failure('file-empty') }),
    uploadRecord({ phase: 'review', failure: taken }),
    uploadRecord(),
  ]
  expect(edit(records).requeued).toEqual([records[0]?.id, records[2]?.id])
})

test('reports why an edited upload could not be queued again', () => {
  const reason = failed(failure('journal-trouble'))
  const { edited, retyped } = edit(
    [uploadRecord({ phase: 'failed', failure: taken })],
    { modelType: 'vae' },
    () => reason,
  )
  expect([edited, retyped]).toEqual([reason, []])
})

test('changes nothing if the server would reject one of the targets', () => {
  const record = uploadRecord()
  const { edited, rows } = edit([record], { displayName: '' })
  expect(edited.ok).toBe(false)
  expect(rows.get(record.id)?.record).toEqual(record)
})

test('reports the uploads whose type was edited, with their new type', () => {
  expect(edit([uploadRecord()], { modelType: 'vae' }).retyped).toEqual(['vae'])
  expect(edit([uploadRecord()]).retyped).toEqual([])
})

const replaced = { modelId: 'old', name: 'Old', path: 'models/loras/a.safetensors', fate: 'delete' } as const

test.for([
  ['models/loras/a.old.safetensors', 1],
  [null, 0],
] as const)('reports a model that was moved to %s as abandoned', ([asidePath, count]) => {
  const library: LibraryRelation = { replaces: { ...replaced, asidePath } }
  expect(edit([uploadRecord({ library })]).abandonedCount).toBe(count)
})

test.for<[library: LibraryRelation, isPathEdited: boolean, left: LibraryRelation | undefined]>([
  [{ onConflict: 'replace', fate: 'delete' }, true, {}],
  [{ onConflict: 'replace', fate: 'delete' }, false, undefined],
  [{ onConflict: 'replace' }, true, { onConflict: 'replace' }],
  [{ onConflict: 'skip' }, true, { onConflict: 'skip' }],
  [{ onConflict: 'skip', replaces: { ...replaced, asidePath: null } }, true, { onConflict: 'skip' }],
])('keeps of %j for an edited path (%s) %j', ([library, isPathEdited, left]) => {
  const record = uploadRecord({ library })
  const { rows } = rowsOnJournal([record])
  const row = rows.get(record.id)
  if (!row) throw new Error('the upload has no row')
  const next = isPathEdited ? target : { ...record.target, displayName: 'Mine' }
  expect(retargeted(row, next)).toEqual({ target: next, ...(left && { library: left }) })
})
