import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { call, presign, presignRequest, put, registerRequest, signIn } from './requests.ts'
import type { Credential } from './requests.ts'

const bytes = Buffer.from('a model, to the API')
let cloud: Cloud
let alice: Credential

beforeAll(async () => {
  cloud = await startCloud()
  alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
})
afterAll(() => cloud.close())

const good = presignRequest(bytes)

test.each([
  ['an unknown member', { ...good, sha256: 'x' }],
  ['no file name', { ...good, file_name: '' }],
  ['a size of nothing', { ...good, file_size: 0 }],
  ['a size as text', { ...good, file_size: '10' }],
  ['half a byte', { ...good, file_size: 10.5 }],
  ['no type', { ...good, model_type: '' }],
  ['a type of 51 letters', { ...good, model_type: 't'.repeat(51) }],
  ['an absolute path', { ...good, model_path: '/models/a.safetensors' }],
  ['two dots in a row', { ...good, model_path: 'models/a..b' }],
  ['a backslash', { ...good, model_path: String.raw`models\a` }],
  ['brackets in the path', { ...good, model_path: 'models/a (1).safetensors' }],
  ['an accent in the path', { ...good, model_path: 'models/é.safetensors' }],
  ['an empty path', { ...good, model_path: '' }],
])('refuses to presign with %s', async (_what, body) => {
  const answer = await call(cloud, 'POST /models/presign', body, alice)
  expect(answer).toMatchObject({ status: 400, body: { error_message: expect.any(String) } })
})

const record = registerRequest(bytes, 'key')

test.each([
  ['an unknown member', { ...record, tags: [] }],
  ['no display name', { ...record, display_name: '' }],
  ['a display name of 256 letters', { ...record, display_name: 'n'.repeat(256) }],
  ['a hash without its kind', { ...record, file_hash: record.file_hash.slice(7) }],
  ['a hash in capitals', { ...record, file_hash: record.file_hash.toUpperCase() }],
  ['a hash that is too short', { ...record, file_hash: record.file_hash.slice(0, -1) }],
])('refuses to register with %s', async (_what, body) => {
  expect(await call(cloud, 'POST /models', body, alice)).toMatchObject({ status: 400 })
})

test('counts the code points of a display name, not UTF-16 units', async () => {
  const body = { ...record, display_name: '🦊'.repeat(255) }
  // 404 comes after validation: nothing is stored under that key.
  expect(await call(cloud, 'POST /models', body, alice)).toMatchObject({ status: 404 })
})

test('refuses a model id that is not a UUID', async () => {
  expect(await call(cloud, 'GET /models/42', undefined, alice)).toMatchObject({ status: 400 })
})

test('refuses a body that is not JSON or has another content type', async () => {
  const headers = { authorization: `Bearer ${alice.token ?? ''}`, 'x-team-id': ALICES_TEAM_ID }
  const post = (type: string, body: string) =>
    fetch(`${cloud.url}/models/presign`, {
      method: 'POST',
      headers: { ...headers, 'content-type': type },
      body,
    })
  const statuses = [
    await post('application/json', '{"file_name":'),
    await post('text/plain', JSON.stringify(good)),
    await post('application/json', ''),
  ].map((answer) => answer.status)
  expect(statuses).toEqual([400, 400, 400])
})

test('presigns more than one PUT can carry, unless its limit is lower', async () => {
  const answer = await call(cloud, 'POST /models/presign', { ...good, file_size: 6_800_000_000 }, alice)
  expect(answer).toMatchObject({ status: 200, body: { upload_headers: { 'Content-Length': '6800000000' } } })
  const small = await startCloud({ maximumFileBytes: 1000 })
  const as = { token: (await signIn(small)).access_token, team: ALICES_TEAM_ID }
  const refused = await call(small, 'POST /models/presign', { ...good, file_size: 1001 }, as)
  await small.close()
  expect(refused).toMatchObject({ status: 413, body: { error_message: 'file too large' } })
})

test('can return URLs without headers, as the API allows', async () => {
  const plain = await startCloud({ signsHeaders: false })
  const as = { token: (await signIn(plain)).access_token, team: ALICES_TEAM_ID }
  const presigned = await presign(plain, as, bytes)
  const stored = await put(presigned, bytes)
  const answer = await call(plain, 'POST /models', registerRequest(bytes, presigned.storage_key), as)
  await plain.close()
  expect([presigned.upload_headers, stored.status, answer.status]).toEqual([{}, 200, 201])
})

test('names the missing feature when the deployment has no custom models', async () => {
  const bare = await startCloud({ hasCustomModels: false })
  const as = { token: (await signIn(bare)).access_token, team: ALICES_TEAM_ID }
  const answer = await call(bare, 'POST /models/presign', good, as)
  await bare.close()
  expect(answer).toMatchObject({
    status: 403,
    body: { error_message: 'feature not licensed: custom_models' },
  })
})
