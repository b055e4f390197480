import { expect, test } from 'vitest'
import { compareWithTeam, type LibraryMatch } from '../../../electron/conflicts/compare-with-team.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { libraryModel } from '../../support/library-model.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const path = 'models/loras/style.safetensors'
const [sha256, otherSha256] = ['ab'.repeat(32), 'cd'.repeat(32)]
const fileTo = (modelPath: string, sizeBytes: number, given: Partial<UploadRecord> = {}) => {
  const record = uploadRecord({ target: { displayName: 'Style', modelType: 'loras', modelPath }, ...given })
  return { ...record, identity: { ...record.identity, sizeBytes } }
}
const partOfModel = (record: UploadRecord): UploadRecord => ({
  ...record,
  recognition: { ...record.recognition, group: { key: 'k', name: 'flux', kind: 'diffusers' } },
})

/** Compares files without rows. */
function compare(
  records: readonly UploadRecord[],
  models: readonly LibraryModel[],
  { knownSha256 = null as string | null, rows = rowsOnJournal().rows, areRecorded = false } = {},
) {
  return compareWithTeam(records, { rows, models, areRecorded, knownHash: () => knownSha256 })
}

const elsewhere = 'models/loras/elsewhere.safetensors'
const certain: LibraryMatch = { name: elsewhere, path: elsewhere, isCertain: true }
const likely: LibraryMatch = { name: path, path, isCertain: false }

test.for<[string, string | null, LibraryModel, LibraryMatch | undefined]>([
  ['with its hash is the same', sha256, libraryModel(elsewhere, { sha256 }), certain],
  [
    'with its size but another hash is another one',
    sha256,
    libraryModel(path, { sha256: otherSha256 }),
    undefined,
  ],
  ['with its size and path may be the same', null, libraryModel(path, { sha256 }), likely],
  ['with its size and path but no hash may be the same', sha256, libraryModel(path), likely],
  ['with its size at another path is another one', null, libraryModel(elsewhere, { sha256 }), undefined],
  ['of another size is another one', sha256, libraryModel(path, { sha256, sizeBytes: 6 }), undefined],
])('a model %s', ([, knownSha256, model, match]) => {
  const file = fileTo(path, 5)
  expect(compare([file], [model], { knownSha256 }).inLibrary.get(file.id)).toEqual(match)
})

test('matches a file of a multi-file model only at its path or an unknown one', () => {
  const file = partOfModel(fileTo(path, 5))
  const isMatched = (modelPath: string | null) =>
    compare([file], [libraryModel(path, { sha256, modelPath })], { knownSha256: sha256 }).inLibrary.has(
      file.id,
    )
  expect([isMatched(path), isMatched(null), isMatched(elsewhere)]).toEqual([true, true, false])
})

test('reports no conflict of a file whose bytes the library has at another path', () => {
  const file = fileTo(path, 5)
  const models = [libraryModel(path, { sizeBytes: 6 }), libraryModel(elsewhere, { sha256 })]
  const conflictsWith = (knownSha256: string | null) =>
    compare([file], models, { knownSha256 }).conflicts.size
  expect([conflictsWith(sha256), conflictsWith(null)]).toEqual([0, 1])
})

test('compares files without rows with each other, and those with rows once', () => {
  const [first, second] = [fileTo(path, 5), fileTo(path, 6)]
  const conflictsOf = (options: Parameters<typeof compare>[2]) =>
    [...compare([first, second], [], options).conflicts].map(([id, { code, params }]) => [
      id,
      code,
      params['uploadId'],
    ])
  const conflict = [second.id, 'path-taken-here', first.id]
  expect(conflictsOf({})).toEqual([conflict])
  expect(conflictsOf({ rows: rowsOnJournal([first, second]).rows, areRecorded: true })).toEqual([conflict])
  expect(conflictsOf({ areRecorded: true })).toEqual([])
})
