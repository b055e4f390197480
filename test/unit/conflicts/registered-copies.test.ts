import { expect, test } from 'vitest'
import type { FileSamples } from '../../../electron/conflicts/file-samples.ts'
import { modelIdsWithOtherBytes, toLibraryModel } from '../../../electron/conflicts/registered-copies.ts'
import type { RegisteredRecord } from '../../../electron/journal/upload-record.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'

const target = { displayName: 'Ours', modelType: 'loras', modelPath: 'models/loras/ours.safetensors' }
const sha256 = 'cd'.repeat(32)

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

test('a registered upload that also names a model which the library had keeps its own path', () => {
  const already = { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'disabled' }
  expect(toLibraryModel(registeredRecord({ target, library: { already } }))).toMatchObject({
    displayName: 'Ours',
    modelPath: target.modelPath,
    status: 'active',
  })
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
