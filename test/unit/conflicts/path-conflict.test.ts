import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import {
  findPathConflict,
  freeTarget,
  scanUsedPaths,
  indexUsedPaths,
} from '../../../electron/conflicts/path-conflict.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { uploadRecord, storedState } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const rowsOf = (records: readonly UploadRecord[]) => rowsOnJournal(records).rows

const to = (modelPath: string, given: Partial<UploadRecord> = {}) =>
  uploadRecord({ target: { displayName: 'Style', modelType: 'loras', modelPath }, ...given })
const path = 'models/loras/Style.safetensors'
const model = (modelPath: string): LibraryModel => ({
  ...{ id: modelPath, displayName: 'Style', modelType: 'loras', modelPath, sizeBytes: 1, sha256: null },
  ...{ status: 'active', createdAtMs: null, storageKey: null },
})

test.each([
  ['looked through', scanUsedPaths],
  ['gathered', indexUsedPaths],
] as const)('two servers that have equal ids of teams share no path (%s)', (_name, pathsOf) => {
  const here = to(path, { accountId: 'one.example alice' })
  const elsewhere = to(path, { accountId: 'two.example alice' })
  const rows = rowsOf([here, elsewhere])
  expect(findPathConflict(elsewhere, pathsOf([], rows, elsewhere), true)).toBeNull()
  const colleague = to(path, { accountId: 'one.example bob' })
  rows.add([colleague])
  expect(findPathConflict(colleague, pathsOf([], rows, colleague), true)).toEqual({
    with: 'upload',
    other: here,
  })
})

test.each([
  ['looked through', scanUsedPaths],
  ['gathered', indexUsedPaths],
] as const)('paths that differ in case only are one path (%s)', (_name, pathsOf) => {
  const [first, second] = [to(path), to(path.toLowerCase())]
  const rows = rowsOf([first, second])
  const clash = findPathConflict(second, pathsOf([], rows, second), true)
  expect(clash).toEqual({ with: 'upload', other: first })
  const there = model(path.toUpperCase())
  expect(findPathConflict(first, pathsOf([there], rows, first), true)).toEqual({
    with: 'model',
    model: there,
  })
})

test('of models whose paths differ in case only, the one that is spelt alike is met', () => {
  const [other, same] = [model(path.toLowerCase()), model(path)]
  const upload = to(path)
  const rows = rowsOf([upload])
  for (const pathsOf of [scanUsedPaths, indexUsedPaths])
    expect(pathsOf([other, same], rows, upload).modelsAt(path)[0]).toBe(same)
})

test('a free path is free in whatever case', () => {
  const upload = to(path)
  const paths = indexUsedPaths(
    [model(path), model('models/loras/style-2.SAFETENSORS')],
    rowsOf([upload]),
    upload,
  )
  expect(freeTarget(upload.target, paths).modelPath).toBe('models/loras/Style-3.safetensors')
})

test.each([
  ['looked through', scanUsedPaths],
  ['gathered', indexUsedPaths],
] as const)('of several models at one path the one that agents get is met (%s)', (_name, pathsOf) => {
  const disabled = { ...model(path), id: 'old', status: 'disabled' }
  const active = { ...model(path), id: 'now' }
  const upload = to(path)
  const rows = rowsOf([upload])
  const clash = findPathConflict(upload, pathsOf([disabled, active], rows, upload), true)
  expect(clash).toEqual({ with: 'model', model: active })
})

test('a model that was chosen to be replaced and is out of use is no choice about one that is in use there', () => {
  const [disabled, active] = [
    { ...model(path), id: 'old', status: 'disabled' },
    { ...model(path), id: 'now' },
  ]
  const replacing = (modelId: string) =>
    to(path, {
      library: {
        onConflict: 'replace',
        replaces: { modelId, name: 'Style', path, fate: 'disable', asidePath: null },
      },
    })
  const clashWith = (upload: UploadRecord, models: readonly LibraryModel[]) =>
    findPathConflict(upload, indexUsedPaths(models, rowsOf([upload]), upload), true)
  expect(clashWith(replacing('old'), [disabled, active])).toEqual({ with: 'model', model: active })
  expect(clashWith(replacing('now'), [disabled, active])).toBeNull()
  expect(clashWith(replacing('old'), [disabled])).toBeNull()
})

test('what an upload itself has become is known by its bytes where the list leaves out its key', () => {
  const sha256 = 'cd'.repeat(32)
  const upload = to(path, { state: storedState({ storageKey: 'models/1', sha256 }) })
  const paths = indexUsedPaths([{ ...model(path), sha256 }], rowsOf([upload]), upload)
  expect(findPathConflict(upload, paths, true)).toBeNull()
})
