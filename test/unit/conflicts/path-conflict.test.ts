import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { findPathConflict, freeTarget, usedPaths } from '../../../electron/conflicts/path-conflict.ts'
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

test('a path of one upload or of one model is not free', () => {
  const upload = uploadTo(path)
  const rows = rowsOf([upload, uploadTo('models/loras/Style-3.safetensors')])
  const paths = pathsOf([model(path), model('models/loras/Style-2.safetensors')], rows, upload)
  expect(freeTarget(upload.target, paths).modelPath).toBe('models/loras/Style-4.safetensors')
})

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

test('the model with the exact spelling comes first', () => {
  const [other, same] = [model(path.toLowerCase()), model(path)]
  const upload = uploadTo(path)
  const rows = rowsOf([upload])
  expect(pathsOf([other, same], rows, upload).modelsAt(path)[0]).toBe(same)
})

test('a free path is free without regard to case', () => {
  const upload = uploadTo(path)
  const paths = pathsOf([model(path), model('models/loras/style-2.SAFETENSORS')], rowsOf([upload]), upload)
  expect(freeTarget(upload.target, paths).modelPath).toBe('models/loras/Style-3.safetensors')
})

test('the active one of several models at a path is the conflict', () => {
  const disabled = { ...model(path), id: 'old', status: 'disabled' }
  const active = { ...model(path), id: 'now' }
  const upload = uploadTo(path)
  const rows = rowsOf([upload])
  const conflict = findPathConflict(upload, pathsOf([disabled, active], rows, upload), true)
  expect(conflict).toEqual({ with: 'model', model: active })
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

test('an upload’s own model is recognised by its hash if it has no storage key', () => {
  const sha256 = 'cd'.repeat(32)
  const upload = uploadTo(path, { state: storedState({ storageKey: 'models/1', sha256 }) })
  const paths = pathsOf([{ ...model(path), sha256 }], rowsOf([upload]), upload)
  expect(findPathConflict(upload, paths, true)).toBeNull()
})
