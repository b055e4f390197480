import { expect, test } from 'vitest'
import type { FileSamples } from '../../../electron/conflicts/file-samples.ts'
import {
  modelIdsWithOtherBytes,
  registeredUploadsOfSameSize,
  toLibraryModel,
} from '../../../electron/conflicts/registered-copies.ts'
import type { RegisteredRecord } from '../../../electron/journal/upload-record.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const target = { displayName: 'Ours', modelType: 'loras', modelPath: 'models/loras/ours.safetensors' }
const sha256 = 'cd'.repeat(32)

const duplicateRecord = (library?: RegisteredRecord['library']): RegisteredRecord => ({
  ...registeredRecord({ target, ...(library && { library }) }),
  state: { kind: 'duplicate', sha256, modelId: 'm1', finishedAtMs: 5 },
})

test('a registered upload has become the model at its path', () => {
  const record = registeredRecord({ target, modelId: 'm1', sha256, storageKey: 'k', finishedAtMs: 5 })
  expect(toLibraryModel(record)).toEqual({
    id: 'm1',
    displayName: 'Ours',
    modelType: 'loras',
    modelPath: target.modelPath,
    sizeBytes: record.identity.sizeBytes,
    sha256,
    storageKey: 'k',
    status: 'active',
    createdAtMs: 5,
  })
})

test('a duplicate is the model that the library had already, whose storage key is not known', () => {
  const already = { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'disabled' }
  expect(toLibraryModel(duplicateRecord({ already }))).toMatchObject({
    id: 'm1',
    displayName: 'Theirs',
    modelPath: already.path,
    status: 'disabled',
    storageKey: null,
  })
  const ofUnknownPath = { ...already, path: null }
  expect(toLibraryModel(duplicateRecord({ already: ofUnknownPath })).modelPath).toBeNull()
})

test('a duplicate of an older version counts as the model at its path', () => {
  expect(toLibraryModel(duplicateRecord())).toMatchObject({
    displayName: 'Ours',
    modelPath: target.modelPath,
    status: 'active',
    storageKey: null,
  })
})

test('a registered upload that also names a model which the library had keeps its own path', () => {
  const already = { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'disabled' }
  expect(toLibraryModel(registeredRecord({ target, library: { already } }))).toMatchObject({
    displayName: 'Ours',
    modelPath: target.modelPath,
    status: 'active',
  })
})

test('finds the registered uploads of a file’s size and team', () => {
  const upload = uploadRecord()
  const same = registeredRecord()
  const others = [
    registeredRecord({ identity: { ...same.identity, sizeBytes: same.identity.sizeBytes + 1 } }),
    registeredRecord({ team: { id: 'team_02', name: 'Other' } }),
    uploadRecord(),
  ]
  const { rows } = rowsOnJournal([upload, same, ...others])
  expect(registeredUploadsOfSameSize(rows, upload).map(({ id }) => id)).toEqual([same.id])
})

test('the samples of two records are compared before their files are read', async () => {
  const sampled = (sample: string | undefined, modelId: string) => {
    const record = registeredRecord({ modelId })
    return sample === undefined ? record : { ...record, identity: { ...record.identity, sample } }
  }
  const answers = new Map([
    ['differing', false],
    ['equal', true],
    ['unreadable', null],
  ])
  const read: string[] = []
  const samples: FileSamples = {
    async mayBeEqual(_one, other) {
      const { modelId } = (other as RegisteredRecord).state
      read.push(modelId)
      return answers.get(modelId) ?? null
    },
  }
  const upload = uploadRecord()
  const record = { ...upload, identity: { ...upload.identity, sample: 'a' } }
  const registered = [
    sampled('b', 'other sample'),
    sampled('a', 'equal'),
    sampled('a', 'differing'),
    sampled(undefined, 'unreadable'),
  ]
  const differing = await modelIdsWithOtherBytes(samples, record, registered)
  expect([[...differing], read]).toEqual([
    ['other sample', 'differing'],
    ['equal', 'differing', 'unreadable'],
  ])
})
