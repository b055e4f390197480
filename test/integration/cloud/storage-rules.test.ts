import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { createClock } from '../../cloud/clock.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import type { S3Error } from '../../cloud/embedded-s3/xml.ts'
import { STORAGE_KINDS, startStorage } from '../../cloud/start-storage.ts'
import type { StartedStorage } from '../../cloud/start-storage.ts'
import { codeOf, presign, put, send, sha256, signIn } from './requests.ts'
import type { Credential, Presigned } from './requests.ts'

const bytes = randomBytes(20_000)
let cloud: Cloud
let alice: Credential

async function open(options: Parameters<typeof startCloud>[0]): Promise<void> {
  cloud = await startCloud(options)
  alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
}

/** Declares the whole body, sends half of it and ends; resolves when the server has closed too. */
async function sendHalf(presigned: Presigned): Promise<void> {
  const url = new URL(presigned.upload_url)
  const socket = connect(Number(url.port), url.hostname)
  const head = Object.entries({ Host: url.host, ...presigned.upload_headers })
  socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\n`)
  socket.write(head.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n')
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.end(bytes.subarray(0, bytes.length / 2))
  socket.resume()
  await closed
}

describe.each(STORAGE_KINDS)('storage rules on %s storage', (kind) => {
  let storage: StartedStorage

  beforeAll(async () => {
    storage = await startStorage(kind)
  })
  afterAll(() => storage.stop())
  beforeEach(() => open(storage.options))
  afterEach(() => cloud.close())

  async function refusal(change: (presigned: Presigned) => Promise<{ status: number; text: string }>) {
    const reply = await change(await presign(cloud, alice, bytes))
    expect(await cloud.objects()).toEqual([])
    return [reply.status, /<Code>([^<]*)/.exec(reply.text)?.[1]]
  }

  test('refuses a URL with one changed letter', async () => {
    const changed = ({ upload_url, upload_headers }: Presigned) =>
      put({ upload_url: upload_url.replace('/models/', '/modelz/'), upload_headers }, bytes)
    expect(await refusal(changed)).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('refuses a PUT with a missing or different signed header', async () => {
    const without = ({ upload_url, upload_headers }: Presigned) => {
      const { 'If-None-Match': _signed, ...rest } = upload_headers
      return send('PUT', upload_url, { headers: rest, body: bytes })
    }
    const other = ({ upload_url, upload_headers }: Presigned) =>
      send('PUT', upload_url, { headers: { ...upload_headers, 'If-None-Match': '"x"' }, body: bytes })
    expect(await refusal(without)).toEqual([403, expect.stringMatching(/SignatureDoesNotMatch|AccessDenied/)])
    expect(await refusal(other)).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('refuses a body whose length differs from the signed one', async () => {
    const shorter = ({ upload_url }: Presigned) =>
      send('PUT', upload_url, { headers: { 'If-None-Match': '*' }, body: bytes.subarray(1) })
    expect(await refusal(shorter)).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('refuses another method, and a request without a signature', async () => {
    expect(await refusal(({ upload_url }) => send('DELETE', upload_url))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ])
    const bare = ({ upload_url }: Presigned) => send('PUT', upload_url.split('?')[0] ?? '', { body: bytes })
    expect(await refusal(bare)).toEqual([403, 'AccessDenied'])
  })

  test('refuses an expired URL', async () => {
    cloud.fail({ on: 'presignModel', how: 'expired-url' })
    expect(await refusal((presigned) => put(presigned, bytes))).toEqual([403, 'AccessDenied'])
  })

  test('stores nothing when the body ends early', async () => {
    const presigned = await presign(cloud, alice, bytes)
    await sendHalf(presigned)
    await cloud.ended('put-object')
    expect(await cloud.objects()).toEqual([])
    expect((await put(presigned, bytes)).status).toBe(200)
  })

  test('refuses a second object under the same key', async () => {
    const presigned = await presign(cloud, alice, bytes)
    expect((await put(presigned, bytes)).status).toBe(200)
    const again = await put(presigned, bytes)
    expect([again.status, codeOf(again)]).toEqual([412, 'PreconditionFailed'])
    expect(await (await cloud.objects())[0]?.sha256()).toBe(sha256(bytes))
  })

  test('asks a waiting client for the body when its headers are valid', async () => {
    const reply = await put(await presign(cloud, alice, bytes), bytes, true)
    expect([reply.status, reply.continued]).toEqual([200, true])
    expect(await (await cloud.objects())[0]?.sha256()).toBe(sha256(bytes))
  })

  test('refuses a waiting client by its headers, before any byte of the body', async () => {
    const { upload_url, upload_headers } = await presign(cloud, alice, bytes)
    const wrong = { upload_url: `${upload_url.slice(0, -1)}_`, upload_headers }
    const reply = await put(wrong, bytes, true)
    expect([reply.status, reply.continued]).toEqual([403, false])
    expect(cloud.operations.at(-1)).toMatchObject({ name: 'put-object', status: 403, bytes: 0 })
  })

  test('verifies the digest that is sent with the bytes', async () => {
    const presigned = await presign(cloud, alice, bytes)
    const digest = createHash('md5').update('other bytes').digest('base64')
    const headers = { ...presigned.upload_headers, 'Content-MD5': digest }
    const reply = await send('PUT', presigned.upload_url, { headers, body: bytes })
    expect([reply.status, await cloud.objects()]).toEqual([400, []])
  })
})

describe('extra rules of the embedded storage', () => {
  const clock = createClock()

  beforeEach(() => open({ urlSeconds: 60, now: clock.now, signsHeaders: false }))
  afterEach(() => cloud.close())

  test('expires a URL exactly after its lifetime', async () => {
    const [early, late] = [await presign(cloud, alice, bytes), await presign(cloud, alice, bytes)]
    clock.advance(58)
    expect((await put(early, bytes)).status).toBe(200)
    clock.advance(3)
    const reply = await put(late, bytes)
    expect([reply.status, codeOf(reply)]).toEqual([403, 'AccessDenied'])
    expect(reply.text).toContain('Request has expired')
  })

  test('refuses unsigned x-amz headers', async () => {
    const { upload_url } = await presign(cloud, alice, bytes)
    const reply = await send('PUT', upload_url, { headers: { 'x-amz-meta-note': 'hi' }, body: bytes })
    expect([reply.status, codeOf(reply)]).toEqual([403, 'AccessDenied'])
  })

  test('refuses an Authorization header beside the presigned URL', async () => {
    const { upload_url } = await presign(cloud, alice, bytes)
    const headers = { authorization: `Bearer ${alice.token ?? ''}` }
    const reply = await send('PUT', upload_url, { headers, body: bytes })
    expect([reply.status, codeOf(reply)]).toEqual([400, 'InvalidArgument'])
  })

  test('refuses a chunked body, which has no known length', async () => {
    const { upload_url } = await presign(cloud, alice, bytes)
    const reply = await send('PUT', upload_url, { headers: { 'transfer-encoding': 'chunked' }, body: bytes })
    expect([reply.status, codeOf(reply)]).toEqual([411, 'MissingContentLength'])
  })
})

test('counts the bytes but stores none when told to discard', async () => {
  await open({ discard: true })
  const presigned = await presign(cloud, alice, bytes)
  const reply = await put(presigned, bytes)
  const objects = await cloud.objects()
  const refused = await objects[0]?.sha256().catch(({ code }: S3Error) => code)
  await cloud.close()
  expect([reply.status, objects.map((object) => object.size), refused]).toEqual([
    200,
    [bytes.length],
    'InvalidObjectState',
  ])
})
