import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { runsBefore } from '../../../electron/conflicts/path-conflict.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { resolvePathConflict } from '../../../electron/conflicts/resolve-path-conflict.ts'
import { libraryModel } from '../../support/library-model.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const path = 'models/loras/style.safetensors'
const elsewhere = 'models/loras/elsewhere.safetensors'
const uploadTo = (modelPath: string, given: Partial<UploadRecord> = {}) =>
  uploadRecord({ target: { displayName: 'Style', modelType: 'loras', modelPath }, ...given })

/** Rows in a journal of their own, and a function that resolves the conflict of one of them. */
function setup(records: readonly UploadRecord[]) {
  const { rows, breakJournal } = rowsOnJournal(records)
  const skippedIds: string[] = []
  const options = {
    rows,
    replacedFate: () => 'disable' as const,
    onSkipped: ({ id }: UploadRecord) => skippedIds.push(id),
    passed: new Set<string>(),
  }
  const resolve = ({ id }: UploadRecord, models: readonly LibraryModel[] = []) =>
    resolvePathConflict(options, id, new IndexedModels(models))
  return { rows, skippedIds, breakJournal, resolve }
}

const modelAt = (modelPath: string) =>
  libraryModel(modelPath, { id: 'old', displayName: 'Old', sizeBytes: 1 })
const proceed = { kind: 'proceed' }
const replacing = (asidePath: string | null) => ({
  onConflict: 'replace' as const,
  replaces: { modelId: 'old', name: 'Old', path, fate: 'delete' as const, asidePath },
})

test.each([
  { name: 'has its old path', models: [modelAt(path)], asidePath: null, target: path, isKept: true },
  {
    name: 'was displaced by this upload',
    models: [modelAt('models/loras/style-2.safetensors')],
    asidePath: 'models/loras/style-2.safetensors',
    target: path,
    isKept: true,
  },
  { name: 'is not listed', models: [], asidePath: null, target: path, isKept: true },
  {
    name: 'differs in case only',
    models: [modelAt(path)],
    asidePath: null,
    target: path.toUpperCase(),
    isKept: true,
  },
  {
    name: 'was moved by another person',
    models: [modelAt(elsewhere)],
    asidePath: null,
    target: path,
    isKept: false,
  },
  {
    name: 'is at a path the upload no longer has',
    models: [modelAt(path)],
    asidePath: null,
    target: elsewhere,
    isKept: false,
  },
])('decides whether a model that $name is still replaced', ({ models, asidePath, target, isKept }) => {
  const record = uploadTo(target, { library: replacing(asidePath) })
  const { rows, resolve } = setup([record])
  expect(resolve(record, models)).toEqual(proceed)
  expect(rows.get(record.id)?.record.library?.replaces !== undefined).toBe(isKept)
})

test.each(['skip', 'rename', 'keep-both', 'replace'] as const)(
  'fails if the decision %s can’t be written to the journal',
  (onConflict) => {
    const record = uploadTo(path, { library: { onConflict } })
    const { rows, skippedIds, breakJournal, resolve } = setup([record])
    breakJournal()
    expect(resolve(record, [modelAt(path)])).toMatchObject({
      kind: 'failed',
      failure: { code: 'journal-trouble' },
    })
    expect([skippedIds, rows.get(record.id)?.record]).toEqual([[], record])
  },
)

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('exactly one of two uploads runs first (started: %s, %s)', (first, second) => {
  const [one, two] = [
    uploadTo(path, { state: { kind: 'queued', started: first } }),
    uploadTo(path, { state: { kind: 'queued', started: second } }),
  ]
  const { rows } = setup([one, two])
  const runsFirst = (record: UploadRecord, other: UploadRecord) => {
    const row = rows.get(record.id)
    return row !== undefined && runsBefore(row, other)
  }
  const isFirstBefore = first || !second
  expect([runsFirst(one, two), runsFirst(two, one)]).toEqual([isFirstBefore, !isFirstBefore])
})
