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
import { uploadRecord } from '../../support/records.ts'

const suggested = { displayName: 'A', modelType: 'loras', modelPath: 'models/loras/a.safetensors' }
const now = { displayName: 'B', modelType: 'vae', modelPath: 'models/vae/a.safetensors' }
const live = {
  phase: 'failed',
  sentBytes: 0,
  inFlightBytes: 0,
  hashedBytes: 0,
  retryAtMs: null,
  attempts: 0,
} as const

function looked(given: Partial<UploadRecord>, isChanged = true) {
  const record = uploadRecord({ seen: { place: '/models', target: suggested }, target: suggested, ...given })
  const identity = isChanged ? { ...record.identity, sizeBytes: 7 } : record.identity
  const inspection: Inspection = { recognition: record.recognition, target: now, identity, failure: null }
  return changeAfterInspection({ record, live }, inspection)
}

test('each part of a target that nobody has changed is what another look suggests', () => {
  expect(looked({}).target).toEqual(now)
  expect(looked({ target: { ...suggested, displayName: 'Mine' } }).target).toEqual({
    ...now,
    displayName: 'Mine',
  })
  const elsewhere = { ...suggested, modelPath: 'models/loras/mine.safetensors' }
  expect(looked({ target: elsewhere }).target).toEqual({ ...elsewhere, displayName: 'B' })
})

test('once bytes have gone out of the same file its target stays, and so does one of an older version', () => {
  expect(looked({ state: { kind: 'queued', started: true } }, false).target).toBeUndefined()
  expect(looked({ state: { kind: 'queued', started: true } }).target).toEqual(now)
  expect(looked({ seen: undefined }).target).toBeUndefined()
})

test('a path that another model would have made room for is kept only with that model', () => {
  const library = {
    replaces: { modelId: 'old', name: 'Old', path: suggested.modelPath, fate: 'delete', asidePath: null },
  } as const
  expect(looked({ library }).library).toEqual({})
})

test('a file of which nothing was seen is told from an empty one', () => {
  const file = fileToInspect(uploadRecord({ seen: { place: '/models', target: suggested } }))
  expect(isUninspected(refusedInspection(file, failure('file-look-late')))).toBe(true)
  const inspection = refusedInspection(file, failure('file-empty'))
  expect(isUninspected({ ...inspection, identity: { sizeBytes: 0, mtimeNs: 5n, inode: 9n } })).toBe(false)
})
