import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import type { StartedStorage } from '../../cloud/start-storage.ts'
import { call, presign, presignRequest, put, registerRequest, sha256, signIn } from './requests.ts'
import type { Credential } from './requests.ts'

const bytes = randomBytes(10_000)
const conflict = { status: 409, body: { error_message: 'resource already exists' } }
const notFound = { status: 404, body: { error_message: 'resource not found' } }

describe.each(STORAGE_KINDS)('models on %s storage', (kind) => {
  let storage: StartedStorage
  let cloud: Cloud
  let alice: Credential

  beforeAll(async () => {
    storage = await startStorage(kind)
  })
  afterAll(() => storage.stop())
  beforeEach(async () => {
    cloud = await startCloud({ ...storage.options, verifiesHash: true })
    alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
  })
  afterEach(() => cloud.close())

  const register = (body: object, as = alice) => call(cloud, 'POST /models', body, as)

  async function upload(name?: string): Promise<string> {
    const presigned = await presign(cloud, alice, bytes, name)
    expect((await put(presigned, bytes)).status).toBe(200)
    return presigned.storage_key
  }

  async function registered(name: string): Promise<string> {
    const answer = await register(registerRequest(bytes, await upload(name), name))
    return (answer.body as { id: string }).id
  }

  test('uploads, registers and lists a file unchanged', async () => {
    const storageKey = await upload()
    const answer = await register(registerRequest(bytes, storageKey))
    expect(answer).toMatchObject({ status: 201, body: { id: expect.any(String) } })
    const { id } = answer.body as { id: string }
    const model = {
      ...registerRequest(bytes, storageKey),
      id,
      model_status: 'active',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    }
    expect((await call(cloud, `GET /models/${id}`, undefined, alice)).body).toEqual(model)
    expect((await call(cloud, 'GET /models', undefined, alice)).body).toEqual({
      model_list: [model],
      page_meta: { current_page: 1, per_page: 20, total_count: 1 },
    })
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([model])
    const [object, ...others] = await cloud.objects()
    expect([object?.key, object?.size, await object?.sha256(), others]).toEqual([
      storageKey,
      bytes.length,
      sha256(bytes),
      [],
    ])
    expect(
      cloud.operations.map(({ kind: side, name, status, bytes: size }) => [side, name, status, size > 9999]),
    ).toEqual([
      ['api', 'login', 200, false],
      ['api', 'presignModel', 200, false],
      ['storage', 'put-object', 200, true],
      ['api', 'registerModel', 201, false],
      ['api', 'getModel', 200, false],
      ['api', 'listModels', 200, false],
    ])
  })

  test('refuses to register a missing, incomplete or different object', async () => {
    const { storage_key: never } = await presign(cloud, alice, bytes)
    expect(await register(registerRequest(bytes, never))).toMatchObject(notFound)
    const stored = registerRequest(bytes, await upload())
    expect(await register({ ...stored, file_size: bytes.length - 1 })).toMatchObject({ status: 400 })
    expect(await register({ ...stored, file_hash: `sha256:${'0'.repeat(64)}` })).toMatchObject({
      status: 400,
    })
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  })

  test('refuses a storage key presigned for another team, or never presigned', async () => {
    const stored = registerRequest(bytes, await upload())
    expect(await register(stored, { ...alice, team: STUDIO_NORTH_ID })).toMatchObject(notFound)
    expect(await register({ ...stored, storage_key: 'models/made-up' })).toMatchObject(notFound)
  })

  test('keeps one record per storage key, and one per path in a team', async () => {
    const storageKey = await upload('one')
    expect((await register(registerRequest(bytes, storageKey, 'one'))).status).toBe(201)
    expect(await register(registerRequest(bytes, storageKey, 'two'))).toMatchObject(conflict)
    expect(await register(registerRequest(bytes, await upload('one'), 'one'))).toMatchObject(conflict)
  })

  test('accepts only one of many simultaneous registrations', async () => {
    const body = registerRequest(bytes, await upload())
    const answers = await Promise.all(Array.from({ length: 6 }, () => register(body)))
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409, 409, 409, 409, 409])
  })

  test('changes name, type, path and status, but never the bytes', async () => {
    const [first, second] = [await registered('first'), await registered('second')]
    const change = (body: object) => call(cloud, `PUT /models/${first}`, body, alice)
    expect(await change({ display_name: 'Renamed', model_status: 'disabled' })).toMatchObject({
      status: 200,
      body: { id: first },
    })
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([
      { id: first, display_name: 'Renamed', model_status: 'disabled', model_type: 'loras' },
      { id: second, display_name: 'second' },
    ])
    expect(await change({ model_path: 'models/loras/second.safetensors' })).toMatchObject(conflict)
    expect(await change({ file_size: 1 })).toMatchObject({ status: 400 })
    expect(await change({})).toMatchObject({ status: 400 })
  })

  test('deletes the record and leaves the stored file', async () => {
    const id = await registered('gone')
    expect(await call(cloud, `DELETE /models/${id}`, undefined, alice)).toMatchObject({ status: 204 })
    expect(await call(cloud, `GET /models/${id}`, undefined, alice)).toMatchObject(notFound)
    expect(await call(cloud, `DELETE /models/${id}`, undefined, alice)).toMatchObject(notFound)
    expect(await cloud.objects()).toHaveLength(1)
  })

  test('pages through each team’s list, newest first', async () => {
    const ids = [await registered('a'), await registered('b'), await registered('c')].toReversed()
    const page = async (query: string, team = ALICES_TEAM_ID) => {
      const answer = await call(cloud, `GET /models${query}`, undefined, { ...alice, team })
      const body = answer.body as { model_list?: { id: string }[]; page_meta?: { total_count: number } }
      return [answer.status, body.model_list?.map((model) => model.id), body.page_meta?.total_count]
    }
    expect(await page('?per_page=2')).toEqual([200, ids.slice(0, 2), 3])
    expect(await page('?per_page=2&current_page=2')).toEqual([200, ids.slice(2), 3])
    expect(await page('?current_page=9')).toEqual([200, [], 3])
    expect(await page('', STUDIO_NORTH_ID)).toEqual([200, [], 0])
    for (const query of ['?per_page=0', '?per_page=101', '?current_page=0', '?current_page=x', '?search=a']) {
      expect(await page(query)).toEqual([400, undefined, undefined])
    }
  })

  test('lets a viewer read and refuses every write', async () => {
    const viewer = { token: (await signIn(cloud, BOB)).access_token, team: STUDIO_NORTH_ID }
    const id = randomUUID()
    expect((await call(cloud, 'GET /models', undefined, viewer)).status).toBe(200)
    const writes = [
      call(cloud, 'POST /models/presign', presignRequest(bytes), viewer),
      register(registerRequest(bytes, 'key'), viewer),
      call(cloud, `PUT /models/${id}`, { display_name: 'x' }, viewer),
      call(cloud, `DELETE /models/${id}`, undefined, viewer),
      call(cloud, 'POST /uploads/multipart/initiate', { storage_key: 'key', file_size: 1 }, viewer),
    ]
    for (const answer of await Promise.all(writes)) {
      expect(answer).toMatchObject({ status: 403, body: { error_message: 'forbidden' } })
    }
  })
})
