import { expect, test } from 'vitest'
import { API_OPERATIONS, startCloud } from '../../cloud/cloud.ts'
import { call } from './requests.ts'

// The operations of the API description, and the one that only the browser calls.
const DESCRIBED = [
  'login POST /auth/login',
  'refresh POST /auth/refresh',
  'logout POST /auth/logout',
  'revokeOwnDevice POST /auth/device/revoke',
  'getCurrentUser GET /users/me',
  'startPairing POST /desktop/pair/start',
  'pollPairing POST /desktop/pair/poll',
  'getCurrentTeam GET /teams/current',
  'presignModel POST /models/presign',
  'registerModel POST /models',
  'listModels GET /models',
  'getModel GET /models/{modelId}',
  'updateModel PUT /models/{modelId}',
  'deleteModel DELETE /models/{modelId}',
  'listAgents GET /agents',
  'initiateMultipart POST /uploads/multipart/initiate',
  'presignPart POST /uploads/multipart/presign-part',
  'completeMultipart POST /uploads/multipart/complete',
  'abortMultipart POST /uploads/multipart/abort',
]

test('implements every described operation, and only the pairing confirmation besides', () => {
  const confirm = 'confirmPairing POST /desktop/pair/confirm'
  expect(API_OPERATIONS.toSorted()).toEqual([...DESCRIBED, confirm].toSorted())
})

test('answers unknown routes in the API’s error format', async () => {
  const cloud = await startCloud()
  const unknown = await call(cloud, 'GET /workflows')
  const wrongMethod = await call(cloud, 'DELETE /auth/login')
  await cloud.close()
  expect([unknown.status, unknown.body]).toEqual([404, { error_message: 'resource not found' }])
  expect([wrongMethod.status, wrongMethod.body]).toEqual([405, { error_message: 'method not allowed' }])
  expect(cloud.operations.map((operation) => operation.name)).toEqual(['unknown', 'unknown'])
})
