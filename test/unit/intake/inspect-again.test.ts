import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import { refusedInspection } from '../../../electron/recognition/inspect-file.ts'
import {
  changeAfterInspection,
  fileToInspect,
  isUninspected,
} from '../../../electron/intake/inspect-again.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { liveState, uploadRecord } from '../../support/records.ts'

const suggested = { displayName: 'A', modelType: 'loras', modelPath: 'models/loras/a.safetensors' }
const now = { displayName: 'B', modelType: 'vae', modelPath: 'models/vae/a.safetensors' }
const live = liveState({ phase: 'failed' })

function looked(given: Partial<UploadRecord>, isChanged = true) {
  const record = uploadRecord({ seen: { place: '/models', target: suggested }, target: suggested, ...given })
  const identity = isChanged ? { ...record.identity, sizeBytes: 7 } : record.identity
  const inspection: Inspection = { recognition: record.recognition, target: now, identity, failure: null }
  return changeAfterInspection({ record, live }, inspection)
}

test('a second inspection updates each part of the target that the user didn’t edit', () => {
  expect(looked({}).target).toEqual(now)
  expect(looked({ target: { ...suggested, displayName: 'Mine' } }).target).toEqual({
    ...now,
    displayName: 'Mine',
  })
  const elsewhere = { ...suggested, modelPath: 'models/loras/mine.safetensors' }
  expect(looked({ target: elsewhere }).target).toEqual({ ...elsewhere, displayName: 'B' })
})

test('keeps the target once bytes of the same file were sent, or without a suggestion', () => {
  expect(looked({ state: { kind: 'queued', started: true } }, false).target).toBeUndefined()
  expect(looked({ state: { kind: 'queued', started: true } }).target).toEqual(now)
  expect(looked({ seen: undefined }).target).toBeUndefined()
})

test('drops the replacement of a model when the path changes', () => {
  const library = {
    replaces: { modelId: 'old', name: 'Old', path: suggested.modelPath, fate: 'delete', asidePath: null },
  } as const
  expect(looked({ library }).library).toEqual({})
})

test('keeps the permission for an unsafe file only for bytes with the same sample', () => {
  const withSample = { ...uploadRecord().identity, sample: 'a' }
  expect(looked({ allowed: true, identity: withSample }, false).allowed).toBe(true)
  expect(looked({ allowed: true }, false).allowed).toBe(false)
  expect(looked({ allowed: true, identity: withSample }).allowed).toBe(false)
})

test('distinguishes a file that wasn’t inspected from an empty one', () => {
  const file = fileToInspect(uploadRecord({ seen: { place: '/models', target: suggested } }))
  expect(isUninspected(refusedInspection(file, failure('file-look-late')))).toBe(true)
  const inspection = refusedInspection(file, failure('file-empty'))
  expect(isUninspected({ ...inspection, identity: { sizeBytes: 0, mtimeNs: 5n, inode: 9n } })).toBe(false)
})
