import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import type { StartedStorage } from '../../cloud/start-storage.ts'
import { call, codeOf, md5, presign, put, registerRequest, sha256, signIn } from './requests.ts'
import type { Credential, Presigned } from './requests.ts'

const PART = 5 * 1024 * 1024
const bytes = randomBytes(2 * PART + 1234)
const parts = [bytes.subarray(0, PART), bytes.subarray(PART, 2 * PART), bytes.subarray(2 * PART)]
const notFound = { status: 404, body: { error_message: 'resource not found' } }

describe.each(STORAGE_KINDS)('multipart uploads on %s storage', (kind) => {
  let storage: StartedStorage
  let cloud: Cloud
  let alice: Credential
  let storageKey: string

  beforeAll(async () => {
    storage = await startStorage(kind)
  })
  afterAll(() => storage.stop())
  beforeEach(async () => {
    cloud = await startCloud({ ...storage.options, partSizeBytes: PART, verifiesHash: true })
    alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
    storageKey = (await presign(cloud, alice, bytes)).storage_key
  })
  afterEach(() => cloud.close())

  const ask = (step: string, body: object, as = alice) =>
    call(cloud, `POST /uploads/multipart/${step}`, { storage_key: storageKey, ...body }, as)

  async function initiate(): Promise<string> {
    const answer = await ask('initiate', { file_size: bytes.length })
    return (answer.body as { upload_id: string }).upload_id
  }

  async function sendPart(upload_id: string, part_number: number, content = parts[part_number - 1]) {
    const presigned = (await ask('presign-part', { upload_id, part_number })).body as Presigned
    return await put(presigned, content ?? Buffer.alloc(0))
  }

  async function sendAll(uploadId: string) {
    const sent = []
    // Out of order, as parallel uploads send them.
    for (const part_number of [3, 1, 2]) {
      const reply = await sendPart(uploadId, part_number)
      sent.push({ part_number, etag: String(reply.headers.etag) })
    }
    return sent.toSorted((a, b) => a.part_number - b.part_number)
  }

  test('joins the parts into one object and registers it', async () => {
    const opened = await ask('initiate', { file_size: bytes.length })
    expect(opened).toMatchObject({
      status: 200,
      body: { upload_id: expect.any(String), storage_key: storageKey, part_size: PART, part_count: 3 },
    })
    const { upload_id } = opened.body as { upload_id: string }
    const sent = await sendAll(upload_id)
    expect(sent.map((part) => part.etag)).toEqual(parts.map((part) => `"${md5(part)}"`))
    expect(await ask('complete', { upload_id, parts: sent })).toMatchObject({
      status: 200,
      body: { storage_key: storageKey, is_success: true },
    })
    expect(await call(cloud, 'POST /models', registerRequest(bytes, storageKey), alice)).toMatchObject({
      status: 201,
    })
    const objects = await cloud.objects()
    expect(objects.map(({ key, size }) => ({ key, size }))).toEqual([{ key: storageKey, size: bytes.length }])
    expect(await objects[0]?.sha256()).toBe(sha256(bytes))
    expect(await cloud.unfinishedUploads()).toEqual([])
    expect(cloud.operations.filter(({ name }) => name === 'put-part').map((part) => part.partNumber)).toEqual(
      [3, 1, 2],
    )
  })

  test('signs the exact length of each part, including the last', async () => {
    const upload_id = await initiate()
    const headers = async (part_number: number) =>
      ((await ask('presign-part', { upload_id, part_number })).body as Presigned).upload_headers
    expect(await headers(1)).toEqual({ 'Content-Length': String(PART) })
    expect(await headers(3)).toEqual({ 'Content-Length': '1234' })
    expect(await ask('presign-part', { upload_id, part_number: 4 })).toMatchObject({ status: 400 })
    expect(await ask('presign-part', { upload_id, part_number: 0 })).toMatchObject({ status: 400 })
  })

  test('accepts a part again and keeps the later one', async () => {
    const upload_id = await initiate()
    await sendPart(upload_id, 2, randomBytes(PART))
    const sent = await sendAll(upload_id)
    expect((await ask('complete', { upload_id, parts: sent })).status).toBe(200)
    expect(await (await cloud.objects())[0]?.sha256()).toBe(sha256(bytes))
  })

  test('refuses missing, unordered or repeated parts and wrong ETags', async () => {
    const upload_id = await initiate()
    const [one, two, three] = await sendAll(upload_id)
    const wrong = [
      [one, two],
      [two, one, three],
      [one, two, two, three],
      [one, { part_number: 2, etag: three?.etag }, three],
      [],
    ]
    for (const attempt of wrong) {
      expect(await ask('complete', { upload_id, parts: attempt })).toMatchObject({ status: 400 })
    }
    expect(await cloud.objects()).toEqual([])
    expect((await ask('complete', { upload_id, parts: [one, two, three] })).status).toBe(200)
  })

  test('does not find the upload after it was completed', async () => {
    const upload_id = await initiate()
    const sent = await sendAll(upload_id)
    await ask('complete', { upload_id, parts: sent })
    expect(await ask('complete', { upload_id, parts: sent })).toMatchObject(notFound)
    expect(await ask('abort', { upload_id })).toMatchObject(notFound)
    expect(await ask('initiate', { file_size: bytes.length })).toMatchObject({ status: 409 })
  })

  test('removes the parts on abort, and accepts no more afterwards', async () => {
    const upload_id = await initiate()
    const presigned = (await ask('presign-part', { upload_id, part_number: 1 })).body as Presigned
    await sendPart(upload_id, 1)
    expect(await cloud.unfinishedUploads()).toEqual([{ key: storageKey, uploadId: upload_id }])
    expect(await ask('abort', { upload_id })).toMatchObject({ status: 200, body: { is_success: true } })
    expect(await cloud.unfinishedUploads()).toEqual([])
    const late = await put(presigned, parts[0] ?? Buffer.alloc(0))
    expect([late.status, codeOf(late)]).toEqual([404, 'NoSuchUpload'])
    expect(await ask('abort', { upload_id })).toMatchObject(notFound)
    expect(await ask('presign-part', { upload_id, part_number: 1 })).toMatchObject(notFound)
  })

  test('refuses uploads that were presigned for another team or size', async () => {
    const other = { ...alice, team: STUDIO_NORTH_ID }
    expect(await ask('initiate', { file_size: bytes.length }, other)).toMatchObject(notFound)
    expect(await ask('initiate', { file_size: bytes.length + 1 })).toMatchObject({ status: 400 })
    expect(await ask('initiate', { file_size: bytes.length, part_size: 1 })).toMatchObject({ status: 400 })
    const upload_id = await initiate()
    expect(await ask('presign-part', { upload_id, part_number: 1 }, other)).toMatchObject(notFound)
    expect(await ask('presign-part', { upload_id: 'made-up', part_number: 1 })).toMatchObject(notFound)
  })

  test('refuses a paired device, and more than ten thousand parts', async () => {
    const { device_code, user_code } = (await call(cloud, 'POST /desktop/pair/start')).body as Record<
      string,
      string
    >
    cloud.confirmPairing(user_code ?? '', ALICE.email, ALICES_TEAM_ID)
    const approved = (await call(cloud, 'POST /desktop/pair/poll', { device_code })).body as Record<
      string,
      string
    >
    const device = { token: approved['raw_key'] ?? '' }
    expect(await ask('initiate', { file_size: bytes.length }, device)).toMatchObject({
      status: 403,
      body: { error_message: 'credential kind not allowed' },
    })
    const huge = { file_name: 'h', file_size: PART * 10_000 + 1, model_type: 'vae', model_path: 'models/h' }
    const presigned = (await call(cloud, 'POST /models/presign', huge, device)).body as Presigned
    const body = { storage_key: presigned.storage_key, file_size: huge.file_size }
    expect(await ask('initiate', body)).toMatchObject({ status: 413 })
  })
})

test('gives the joined object an ETag from the MD5s of its parts', async () => {
  const cloud = await startCloud({ partSizeBytes: 1000, minimumPartBytes: 1 })
  const as = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
  const small = randomBytes(1500)
  const { storage_key } = await presign(cloud, as, small)
  const step = (name: string, body: object) =>
    call(cloud, `POST /uploads/multipart/${name}`, { storage_key, ...body }, as)
  const { upload_id } = (await step('initiate', { file_size: 1500 })).body as { upload_id: string }
  const cut = [small.subarray(0, 1000), small.subarray(1000)]
  const sent = []
  for (const [index, part] of cut.entries()) {
    const presigned = (await step('presign-part', { upload_id, part_number: index + 1 })).body as Presigned
    sent.push({ part_number: index + 1, etag: String((await put(presigned, part)).headers.etag) })
  }
  const completed = await step('complete', { upload_id, parts: sent })
  const [object] = await cloud.objects()
  await cloud.close()
  const joined = createHash('md5')
  for (const part of cut) joined.update(md5(part), 'hex')
  expect([completed.status, object?.size, object?.etag]).toEqual([200, 1500, `"${joined.digest('hex')}-2"`])
})
