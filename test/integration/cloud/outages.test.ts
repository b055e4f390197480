import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { call, presign, put, signIn } from './requests.ts'
import type { Credential } from './requests.ts'

const bytes = randomBytes(300_000)
let cloud: Cloud
let alice: Credential

beforeEach(async () => {
  cloud = await startCloud()
  alice = { token: (await signIn(cloud)).access_token, team: ALICES_TEAM_ID }
})
afterEach(() => cloud.close())

test('stores the object and omits the ETag from the response', async () => {
  cloud.fail({ on: 'put-object', how: 'no-etag' })
  const reply = await put(await presign(cloud, alice, bytes), bytes)
  expect([reply.status, reply.headers['etag']]).toEqual([200, undefined])
  expect((await cloud.objects()).map(({ size }) => size)).toEqual([bytes.length])
})

test('sends a response of the test instead of running the operation', async () => {
  const body = '<Error><Code>RequestTimeTooSkewed</Code></Error>'
  cloud.fail({ on: 'put-object', how: { status: 403, headers: { 'x-own': 'yes' }, body } })
  const reply = await put(await presign(cloud, alice, bytes), bytes)
  expect([reply.status, reply.headers['x-own'], reply.text]).toEqual([403, 'yes', body])
  expect(await cloud.objects()).toEqual([])
})

test('presigns for a host that can’t be resolved', async () => {
  cloud.fail({ on: 'presignModel', how: 'nowhere-url' })
  const { upload_url: url } = await presign(cloud, alice, bytes)
  expect(new URL(url).hostname).toBe('storage.invalid')
  expect(new URL((await presign(cloud, alice, bytes)).upload_url).hostname).toBe('127.0.0.1')
})

test('refuses connections while unplugged, and listens at the same address afterwards', async () => {
  const presigned = await presign(cloud, alice, bytes)
  const reconnect = await cloud.unplug()
  await expect(put(presigned, bytes)).rejects.toThrow(/ECONNREFUSED/)
  await expect(call(cloud, 'GET /models', undefined, alice)).rejects.toThrow(/ECONNREFUSED/)
  await reconnect()
  expect((await put(presigned, bytes)).status).toBe(200)
  expect((await call(cloud, 'GET /models', undefined, alice)).status).toBe(200)
})

test('waits with listening again while another program uses its port', async () => {
  const reconnect = await cloud.unplug()
  const port = Number(new URL(cloud.origin).port)
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  const reconnected = reconnect()
  // The cloud was refused before a later server is.
  const later = createServer().listen(port, '127.0.0.1')
  await expect(once(later, 'listening')).rejects.toThrow('EADDRINUSE')
  other.close()
  await reconnected
  expect((await call(cloud, 'GET /models', undefined, alice)).status).toBe(200)
})

test('closes while unplugged', async () => {
  const other = await startCloud()
  await other.unplug()
  await expect(other.close()).resolves.toBeUndefined()
})

test('discards the parts of an unfinished upload on request', async () => {
  const { storage_key } = await presign(cloud, alice, bytes)
  await call(cloud, 'POST /uploads/multipart/initiate', { storage_key, file_size: bytes.length }, alice)
  expect(await cloud.unfinishedUploads()).toHaveLength(1)
  await cloud.dropUploads()
  expect(await cloud.unfinishedUploads()).toEqual([])
})

test('holds operations after the given number has passed', async () => {
  const list = () => call(cloud, 'GET /models', undefined, alice)
  const held = cloud.hold('listModels', 'arrival', { skip: 1 })
  expect((await list()).status).toBe(200)
  const second = list()
  expect((await held.arrived).ended).toBe(false)
  held.release()
  expect((await second).status).toBe(200)
})

test('stops all bodies when they reach a given total size', async () => {
  const both = await Promise.all([presign(cloud, alice, bytes), presign(cloud, alice, bytes)])
  const held = cloud.hold('put-object', 400_000, { together: true })
  const replies = both.map((presigned) => put(presigned, bytes))
  await held.arrived
  const received = cloud.operations.filter(({ name }) => name === 'put-object').map((one) => one.bytes)
  expect(received.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(400_000)
  expect((await cloud.objects()).length).toBeLessThan(2)
  held.release()
  expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200])
})
