import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import type { StartedStorage } from '../../cloud/start-storage.ts'
import { call, codeOf, presign, put, registerRequest, send, signIn } from './requests.ts'
import type { Credential } from './requests.ts'

const bytes = randomBytes(300_000)

describe.each(STORAGE_KINDS)('faults in front of %s storage', (kind) => {
  let storage: StartedStorage
  let cloud: Cloud
  let alice: Credential

  beforeAll(async () => {
    storage = await startStorage(kind)
  })
  afterAll(() => storage.stop())
  beforeEach(async () => {
    cloud = await startCloud(storage.options)
    alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
  })
  afterEach(() => cloud.close())

  test.each([401, 403, 412, 429, 500, 503])('answers %i for storage and stores nothing', async (status) => {
    cloud.fail({ on: 'put-object', how: status, retryAfterSeconds: 7 })
    const presigned = await presign(cloud, alice, bytes)
    const reply = await put(presigned, bytes)
    expect([reply.status, reply.headers['retry-after'], codeOf(reply)]).toEqual([
      status,
      '7',
      expect.any(String),
    ])
    expect(await cloud.objects()).toEqual([])
    expect((await put(presigned, bytes)).status).toBe(200)
  })

  test('cuts the connection inside the body and stores nothing', async () => {
    cloud.fail({ on: 'put-object', how: 'cut', after: 100_000 })
    const presigned = await presign(cloud, alice, bytes)
    await expect(put(presigned, bytes)).rejects.toThrow(/ECONNRESET|EPIPE|hang up/)
    const [cut] = await cloud.ended('put-object')
    expect([cut?.status, (cut?.bytes ?? 0) >= 100_000, await cloud.objects()]).toEqual([0, true, []])
    expect((await put(presigned, bytes)).status).toBe(200)
  })

  test('stores the object but drops the response, so the retry finds it', async () => {
    cloud.fail({ on: 'put-object', how: 'lose-answer' })
    const presigned = await presign(cloud, alice, bytes)
    await expect(put(presigned, bytes)).rejects.toThrow(/ECONNRESET|hang up/)
    expect((await cloud.objects()).map((object) => object.size)).toEqual([bytes.length])
    expect((await put(presigned, bytes)).status).toBe(412)
  })

  test('responds with a status after part of the body', async () => {
    cloud.fail({ on: 'put-object', how: 503, after: 50_000 })
    const reply = await put(await presign(cloud, alice, bytes), bytes)
    expect([reply.status, codeOf(reply), await cloud.objects()]).toEqual([503, 'SlowDown', []])
  })

  test('responds with the error page of a gateway', async () => {
    cloud.fail({ on: 'put-object', how: 'html', status: 200 })
    const reply = await put(await presign(cloud, alice, bytes), bytes)
    expect([reply.status, reply.headers['content-type'], await cloud.objects()]).toEqual([
      200,
      'text/html',
      [],
    ])
    expect(reply.text).toMatch(/^<html>/)
  })

  test('refuses a valid URL as expired', async () => {
    cloud.fail({ on: 'put-object', how: 'expired-url' })
    const reply = await put(await presign(cloud, alice, bytes), bytes)
    expect([reply.status, codeOf(reply)]).toEqual([403, 'AccessDenied'])
  })

  test('reads no faster than its rate limit', async () => {
    cloud.fail({ on: 'put-object', how: 'slow', bytesPerSecond: 1_000_000 })
    const presigned = await presign(cloud, alice, bytes)
    const begun = performance.now()
    expect((await put(presigned, bytes)).status).toBe(200)
    expect(performance.now() - begun).toBeGreaterThan(290)
  })

  test('stalls inside a body until the failures are cleared', async () => {
    cloud.fail({ on: 'put-object', how: 'stall', after: 1000 })
    const { upload_url, upload_headers } = await presign(cloud, alice, bytes)
    const stalled = cloud.hold('put-object', 1000)
    const outgoing = request(upload_url, { method: 'PUT', headers: upload_headers })
    const failed = new Promise((resolve) => outgoing.once('error', resolve))
    outgoing.end(bytes)
    await stalled.arrived
    stalled.release()
    outgoing.destroy(new Error('patience is over'))
    await failed
    cloud.clearFailures()
    const [operation] = await cloud.ended('put-object')
    expect([operation?.status, await cloud.objects()]).toEqual([0, []])
  })

  test('holds a body half-way until it is released', async () => {
    const presigned = await presign(cloud, alice, bytes)
    const half = cloud.hold('put-object', 150_000)
    const reply = put(presigned, bytes)
    const held = await half.arrived
    expect([held.ended, held.bytes >= 150_000, await cloud.objects()]).toEqual([false, true, []])
    half.release()
    expect((await reply).status).toBe(200)
  })

  test('holds the response of a completed operation', async () => {
    const presigned = await presign(cloud, alice, bytes)
    const held = cloud.hold('put-object', 'answer')
    const reply = put(presigned, bytes)
    await held.arrived
    expect(await cloud.objects()).toHaveLength(1)
    held.release()
    expect((await reply).status).toBe(200)
  })
})

describe('faults of the API', () => {
  let cloud: Cloud
  let alice: Credential

  beforeEach(async () => {
    cloud = await startCloud()
    alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
  })
  afterEach(() => cloud.close())

  const list = () => call(cloud, 'GET /models', undefined, alice)

  test('fails the given number of operations after skipping the given number', async () => {
    cloud.fail({ on: 'listModels', how: 500, skip: 1, times: 2 })
    const statuses = []
    for (let round = 0; round < 5; round += 1) statuses.push((await list()).status)
    expect(statuses).toEqual([200, 500, 500, 200, 200])
  })

  test('fails all of the API or storage until the faults are cleared', async () => {
    cloud.fail({ on: 'api', how: 503, times: Infinity })
    expect([(await list()).status, (await call(cloud, 'GET /users/me', undefined, alice)).status]).toEqual([
      503, 503,
    ])
    cloud.clearFailures()
    expect((await list()).status).toBe(200)
  })

  test('sends the given Retry-After', async () => {
    cloud.fail({ on: 'listModels', how: 429, retryAfterSeconds: 30 })
    expect(await list()).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30' },
      body: { error_message: expect.any(String) },
    })
  })

  test('completes the operation but responds with half of its JSON', async () => {
    cloud.fail({ on: 'presignModel', how: 'half-json' })
    await expect(presign(cloud, alice, bytes)).rejects.toThrow(SyntaxError)
    expect(cloud.operations.at(-1)).toMatchObject({ name: 'presignModel', status: 200 })
  })

  test('registers only once although the response is lost', async () => {
    const presigned = await presign(cloud, alice, bytes)
    await put(presigned, bytes)
    cloud.fail({ on: 'registerModel', how: 'lose-answer' })
    const register = () => call(cloud, 'POST /models', registerRequest(bytes, presigned.storage_key), alice)
    await expect(register()).rejects.toThrow(/ECONNRESET|hang up/)
    expect((await register()).status).toBe(409)
    expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  })

  test('cuts the connection before anything is done', async () => {
    cloud.fail({ on: 'presignModel', how: 'cut' })
    await expect(presign(cloud, alice, bytes)).rejects.toThrow(/ECONNRESET|hang up/)
    expect(cloud.operations.at(-1)).toMatchObject({ name: 'presignModel', status: 0, ended: true })
  })

  test('sends a slow response byte by byte', async () => {
    cloud.fail({ on: 'listModels', how: 'slow', bytesPerSecond: 1000 })
    const begun = performance.now()
    expect((await list()).status).toBe(200)
    expect(performance.now() - begun).toBeGreaterThan(70)
  })

  test('limits a fault to the operations that a test selects', async () => {
    cloud.fail({ on: 'listModels', how: 404, when: ({ headers }) => headers['x-team-id'] !== ALICES_TEAM_ID })
    expect((await list()).status).toBe(200)
  })

  test('stops at an operation until released', async () => {
    const gate = cloud.hold('listModels')
    const answers = [list(), list()]
    const first = await gate.arrived
    expect([first.name, first.ended]).toEqual(['listModels', false])
    gate.release()
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200])
  })

  test('notices that a client aborted a stalled operation', async () => {
    cloud.fail({ on: 'listModels', how: 'stall' })
    const gate = cloud.hold('listModels')
    const outgoing = request(`${cloud.url}/models`)
    const failed = new Promise((resolve) => outgoing.once('error', resolve))
    outgoing.end()
    await gate.arrived
    gate.release()
    outgoing.destroy(new Error('patience is over'))
    await failed
    expect(await cloud.ended('listModels')).toMatchObject([{ status: 0 }])
  })

  test('rejects a fault for an unknown operation', () => {
    expect(() => cloud.fail({ on: 'presignModels', how: 500 })).toThrow(
      'no operation is called presignModels',
    )
    expect(() => cloud.hold('put_object')).toThrow('no operation is called put_object')
  })

  test('closes while clients are stalled and held', async () => {
    const closing = await startCloud()
    closing.fail({ on: 'startPairing', how: 'stall' })
    const held = closing.hold('login')
    const stalled = send('POST', `${closing.url}/desktop/pair/start`)
    const waiting = send('POST', `${closing.url}/auth/login`)
    await held.arrived
    await Promise.all([
      closing.close(),
      expect(stalled).rejects.toThrow(/ECONNRESET|hang up/),
      expect(waiting).rejects.toThrow(/ECONNRESET|hang up/),
    ])
    expect(closing.operations.every((operation) => operation.ended)).toBe(true)
  })
})
