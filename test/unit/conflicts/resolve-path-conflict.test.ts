import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { runsBefore } from '../../../electron/conflicts/path-conflict.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { resolvePathConflict } from '../../../electron/conflicts/resolve-path-conflict.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const path = 'models/loras/style.safetensors'
const elsewhere = 'models/loras/elsewhere.safetensors'
const to = (modelPath: string, given: Partial<UploadRecord> = {}) =>
  uploadRecord({ target: { displayName: 'Style', modelType: 'loras', modelPath }, ...given })

/** Rows on a journal of their own, and what becomes of one of them. */
function setup(records: readonly UploadRecord[]) {
  const { rows } = rowsOnJournal(records)
  const leftOut: string[] = []
  const options = {
    rows,
    replacedFate: () => 'disable' as const,
    leftOut: ({ id }: UploadRecord) => leftOut.push(id),
  }
  const settle = ({ id }: UploadRecord, models: readonly LibraryModel[] = []) =>
    resolvePathConflict(options, id, models)
  return { rows, leftOut, settle }
}

const modelAt = (modelPath: string): LibraryModel => ({
  ...{ id: 'old', displayName: 'Old', modelType: 'loras', modelPath, sizeBytes: 1, sha256: null },
  ...{ status: 'active', createdAtMs: null, storageKey: null },
})
const replacing = (asidePath: string | null) => ({
  onConflict: 'replace' as const,
  replaces: { modelId: 'old', name: 'Old', path, fate: 'delete' as const, asidePath },
})

test.each([
  ['stands where it stood', [modelAt(path)], null, path, true],
  [
    'was moved aside for the new one',
    [modelAt('models/loras/style-2.safetensors')],
    'models/loras/style-2.safetensors',
    path,
    true,
  ],
  ['is not listed', [], null, path, true],
  ['differs in case only', [modelAt(path)], null, path.toUpperCase(), true],
  ['was moved elsewhere by somebody', [modelAt(elsewhere)], null, path, false],
  ['stands where the upload doesn’t go any more', [modelAt(path)], null, elsewhere, false],
] as const)('a model that %s is to be replaced or not', (_name, models, asidePath, target, isKept) => {
  const record = to(target, { library: replacing(asidePath) })
  const { rows, settle } = setup([record])
  expect(settle(record, models)).toBeNull()
  expect(rows.get(record.id)?.record.library?.replaces !== undefined).toBe(isKept)
})

test('what is to be skipped waits for the upload before it, and goes itself when that one fails', () => {
  const first = to(path)
  const second = to(path, { library: { onConflict: 'skip' } })
  const { rows, leftOut, settle } = setup([first, second])
  expect(settle(second)).toEqual({ kind: 'behind', other: first })
  rows.happen(first.id, 'refuse', { failure: failure('forbidden') })
  expect([settle(second), leftOut]).toEqual([null, []])
})

test('what is to be skipped is left out once a model has its path', () => {
  const record = to(path, { library: { onConflict: 'skip' } })
  const { rows, leftOut, settle } = setup([record])
  expect(settle(record, [modelAt(path)])).toEqual({ kind: 'stopped' })
  expect([leftOut, rows.has(record.id)]).toEqual([[record.id], false])
})

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('of two uploads one alone goes before the other (begun: %s, %s)', (first, second) => {
  const [one, two] = [to(path, { started: first }), to(path, { started: second })]
  const { rows } = setup([one, two])
  const before = (record: UploadRecord, other: UploadRecord) => {
    const row = rows.get(record.id)
    return row !== undefined && runsBefore(row, other)
  }
  const isFirstSooner = first || !second
  expect([before(one, two), before(two, one)]).toEqual([isFirstSooner, !isFirstSooner])
})
