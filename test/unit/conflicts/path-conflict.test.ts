import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { failure } from '../../../electron/contract/failures.ts'
import type { Phase } from '../../../electron/contract/uploads.ts'
import {
  findPathConflict,
  pathConflictFailure,
  runsBefore,
  usedPaths,
} from '../../../electron/conflicts/path-conflict.ts'
import type { Rows } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { libraryModel } from '../../support/library-model.ts'
import { uploadRecord, storedState } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const pathsOf = (models: readonly LibraryModel[], rows: Rows, upload: UploadRecord) =>
  usedPaths(new IndexedModels(models), rows, upload)
const rowsOf = (records: readonly UploadRecord[]) => rowsOnJournal(records).rows

const uploadTo = (modelPath: string, given: Partial<UploadRecord> = {}) =>
  uploadRecord({ target: { displayName: 'Style', modelType: 'loras', modelPath }, ...given })
const path = 'models/loras/Style.safetensors'
const model = (modelPath: string) => libraryModel(modelPath, { displayName: 'Style', sizeBytes: 1 })

test('equal team ids on two servers share no paths', () => {
  const here = uploadTo(path, { accountId: 'one.example alice' })
  const elsewhere = uploadTo(path, { accountId: 'two.example alice' })
  const rows = rowsOf([here, elsewhere])
  expect(findPathConflict(elsewhere, pathsOf([], rows, elsewhere), true)).toBeNull()
  const colleague = uploadTo(path, { accountId: 'one.example bob' })
  rows.add([colleague])
  expect(findPathConflict(colleague, pathsOf([], rows, colleague), true)).toEqual({
    with: 'upload',
    other: here,
  })
})

test('paths that differ in case only are equal', () => {
  const [first, second] = [uploadTo(path), uploadTo(path.toLowerCase())]
  const rows = rowsOf([first, second])
  const conflict = findPathConflict(second, pathsOf([], rows, second), true)
  expect(conflict).toEqual({ with: 'upload', other: first })
  const there = model(path.toUpperCase())
  expect(findPathConflict(first, pathsOf([there], rows, first), true)).toEqual({
    with: 'model',
    model: there,
  })
})

test('an active model comes before a disabled one with the exact spelling', () => {
  const disabled = { ...model(path), status: 'disabled' }
  const active = model(path.toLowerCase())
  const upload = uploadTo(path)
  const rows = rowsOf([upload])
  for (const models of [
    [disabled, active],
    [active, disabled],
  ])
    expect(pathsOf(models, rows, upload).modelsAt(path)).toEqual([active, disabled])
})

test('the choice to replace a disabled model does not apply to an active one', () => {
  const [disabled, active] = [
    { ...model(path), id: 'old', status: 'disabled' },
    { ...model(path), id: 'now' },
  ]
  const replacing = (modelId: string) =>
    uploadTo(path, {
      library: {
        onConflict: 'replace',
        replaces: { modelId, name: 'Style', path, fate: 'disable', asidePath: null },
      },
    })
  const conflictOf = (upload: UploadRecord, models: readonly LibraryModel[]) =>
    findPathConflict(upload, pathsOf(models, rowsOf([upload]), upload), true)
  expect(conflictOf(replacing('old'), [disabled, active])).toEqual({ with: 'model', model: active })
  expect(conflictOf(replacing('now'), [disabled, active])).toBeNull()
  expect(conflictOf(replacing('old'), [disabled])).toBeNull()
})

test('an upload’s own model is recognised by its storage key, whatever its hash is', () => {
  const stored = uploadTo(path, { state: storedState({ storageKey: 'ours', sha256: 'cd'.repeat(32) }) })
  const conflictOf = (upload: UploadRecord, change: Partial<LibraryModel>) =>
    findPathConflict(upload, pathsOf([{ ...model(path), ...change }], rowsOf([upload]), upload), true)?.with
  expect(conflictOf(stored, { storageKey: 'ours' })).toBeUndefined()
  expect(conflictOf(stored, { storageKey: 'theirs', sha256: 'cd'.repeat(32) })).toBe('model')
  expect(conflictOf(stored, {})).toBe('model')
  expect(conflictOf(uploadTo(path), { storageKey: 'ours' })).toBe('model')
})

const started: UploadRecord['state'] = { kind: 'queued', started: true }
const broken = { failure: failure('file-empty') }
const dangerous = { failure: failure('file-dangerous') }

test.for<[string, Phase, Partial<UploadRecord>, Partial<UploadRecord>, boolean]>([
  ...(['waiting', 'retrying', 'checking', 'sending', 'finishing', 'registering', 'paused'] as const).map(
    (phase) => [`is ${phase}`, phase, {}, {}, true] satisfies [string, Phase, object, object, boolean],
  ),
  ['has failed', 'failed', {}, {}, false],
  ['has failed after it began', 'failed', { state: started }, {}, false],
  ['is registered', 'registered', { state: started }, {}, false],
  ['comes later runs later', 'waiting', { position: 3 }, {}, false],
  ['comes a little later runs later', 'waiting', { position: 2.5 }, {}, false],
  ['comes later but has begun runs first', 'paused', { position: 3, state: started }, {}, true],
  ['comes first but, unlike this one, has not begun runs later', 'waiting', {}, { state: started }, false],
  [
    'comes first and has begun, like this one, runs first',
    'waiting',
    { state: started },
    { state: started },
    true,
  ],
  ['has the same position and a lower id runs first', 'waiting', { id: 'a', position: 2 }, { id: 'b' }, true],
  [
    'has the same position and a higher id runs later',
    'waiting',
    { id: 'b', position: 2 },
    { id: 'a' },
    false,
  ],
  ['is this one does not run before itself', 'waiting', { id: 'a' }, { id: 'a' }, false],
  ['is in review while this one is not runs later', 'review', {}, {}, false],
  ['is in review, like this one, runs first', 'review', {}, { phase: 'review' }, true],
  [
    'is in review, like this one, and may be approved runs first',
    'review',
    dangerous,
    { phase: 'review' },
    true,
  ],
  [
    'is in review, like this one, and may not be approved runs later',
    'review',
    broken,
    { phase: 'review' },
    false,
  ],
])('another upload that %s', ([, phase, other, own, isBefore]) => {
  const user = {
    record: uploadTo(path, { position: 1, ...other }),
    live: { phase, isRequested: true },
  }
  const record = uploadTo(path, { position: 2, ...own })
  expect(runsBefore(user, record)).toBe(isBefore)
  expect(runsBefore({ ...user, live: { phase, isRequested: false } }, record)).toBe(false)
})

test('a conflict is reported with a free path and what is known about the other one', () => {
  const [first, second] = ['b', 'c'].map((folder) =>
    uploadTo(path, { path: join(folder, 'loras', 'Style.safetensors') }),
  ) as [UploadRecord, UploadRecord]
  const rows = rowsOf([first, second])
  const failureWith = (models: readonly LibraryModel[]) => {
    const paths = pathsOf(models, rows, second)
    const conflict = findPathConflict(second, paths, true)
    return conflict && pathConflictFailure(second, conflict, paths)
  }
  const suggestion = 'models/loras/Style-2.safetensors'
  const { identity, id } = first
  expect(failureWith([])).toEqual(
    failure('path-taken-here', {
      name: 'b/loras/Style.safetensors',
      path,
      suggestion,
      uploadId: id,
      theirBytes: identity.sizeBytes,
    }),
  )
  expect(failureWith([{ ...model(path), id: 'm', createdAtMs: 5 }])).toEqual(
    failure('path-taken', {
      name: 'Style',
      path,
      suggestion,
      modelId: 'm',
      status: 'active',
      theirBytes: 1,
      createdAtMs: 5,
    }),
  )
  expect(failureWith([{ ...model(path), id: 'm', displayName: '', sizeBytes: null }])).toEqual(
    failure('path-taken', { name: path, path, suggestion, modelId: 'm', status: 'active' }),
  )
})
