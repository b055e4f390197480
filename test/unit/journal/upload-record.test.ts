import { expect, test } from 'vitest'
import {
  isRegistered,
  isRegisteredUpload,
  isStarted,
  isStored,
  modelIdOf,
  type UploadState,
} from '../../../electron/journal/upload-record.ts'
import {
  multipartOpenState,
  registeredState,
  replacingState,
  storedState,
  uploadRecord,
} from '../../support/records.ts'

const duplicate: UploadState = { kind: 'duplicate', sha256: 'ab', modelId: 'm', finishedAtMs: 1 }
const none = {
  isStarted: false,
  isStored: false,
  isRegistered: false,
  isRegisteredUpload: false,
  modelId: null,
}

test.for<[string, UploadState, Partial<Record<keyof typeof none, unknown>>]>([
  ['of which nothing was sent', { kind: 'queued', started: false }, {}],
  ['of which bytes were sent', { kind: 'queued', started: true }, { isStarted: true }],
  ['in parts', multipartOpenState(10), { isStarted: true }],
  ['that is stored', storedState(), { isStarted: true, isStored: true }],
  ['that still replaces a model', replacingState('m'), { isStarted: true, isStored: true, modelId: 'm' }],
  [
    'that is registered',
    registeredState('m', 1),
    { isStarted: true, isStored: true, isRegistered: true, isRegisteredUpload: true, modelId: 'm' },
  ],
  ['whose bytes the library had', duplicate, { isRegistered: true, modelId: 'm' }],
])('how far an upload has come %s', ([, state, expected]) => {
  const record = uploadRecord({ state })
  expect({
    isStarted: isStarted(state),
    isStored: isStored(state),
    isRegistered: isRegistered(record),
    isRegisteredUpload: isRegisteredUpload(record),
    modelId: modelIdOf(state),
  }).toEqual({ ...none, ...expected })
})
