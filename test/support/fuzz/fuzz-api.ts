import { validateHeaderValue } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { fetchProfile, login, logout, refresh } from '../../../electron/cloud/auth.ts'
import { createCloudClient, type CloudClient } from '../../../electron/cloud/client.ts'
import {
  deleteModel,
  getModel,
  listModels,
  presignModel,
  registerModel,
  updateModel,
} from '../../../electron/cloud/models.ts'
import {
  abortMultipart,
  completeMultipart,
  initiateMultipart,
  presignPart,
} from '../../../electron/cloud/multipart.ts'
import { checkServer } from '../../../electron/cloud/server-check.ts'
import { currentTeam, pollPairing, revokeDevice, startPairing } from '../../../electron/cloud/pairing.ts'
import { failureKinds, success, type Result } from '../../../electron/contract/failures.ts'
import { directConnection } from '../../../electron/platform/network/proxy-resolver.ts'
import { seededBytes, seededRandom } from '../../fixtures/seeded.ts'
import { deviceSigner as signer } from '../answering-client.ts'
import { createTestEnvironment, standingClock } from '../hand-clock.ts'

export interface ApiFuzzReport {
  readonly inputs: number
  readonly accepted: number
  readonly worstMs: number
  readonly worstCall: string
  readonly peakMemoryMiB: number
}

type Random = () => number
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

const { signal } = new AbortController()
const target = { displayName: 'm', modelType: 'loras', modelPath: 'models/m' }
const sizeBytes = 1_000

async function firstPage(client: CloudClient): Promise<Result<unknown>> {
  for await (const page of listModels(client, signer, signal)) return page
  throw new Error('a listing without a page')
}

/** Every operation that reads a response. */
const calls: Readonly<Record<string, (client: CloudClient) => Promise<Result<unknown>>>> = {
  login: (client) => login(client, 'a@b.c', 'p'),
  refresh: (client) => refresh(client, 't'),
  fetchProfile: (client) => fetchProfile(client, signer),
  startPairing: (client) => startPairing(client, signal),
  pollPairing: (client) => pollPairing(client, 'c'),
  currentTeam: (client) => currentTeam(client, signer),
  revokeDevice: (client) => revokeDevice(client, signer, signal),
  presignModel: (client) => presignModel(client, signer, { fileName: 'm', sizeBytes, target }, signal),
  registerModel: (client) =>
    registerModel(client, signer, { target, storageKey: 'k', sizeBytes, sha256: 'a'.repeat(64) }, signal),
  listModels: firstPage,
  getModel: (client) => getModel(client, signer, 'm', signal),
  updateModel: (client) => updateModel(client, signer, { id: '..', change: { displayName: 'b' } }, signal),
  abortMultipart: (client) => abortMultipart(client, signer, { uploadId: 'u', storageKey: 'k' }, signal),
  logout: async (client) => success(await logout(client, signer, 't', signal)),
  checkServer: async (client) => success(await checkServer(client.server, () => client, directConnection)),
  deleteModel: (client) => deleteModel(client, signer, 'm', signal),
  initiateMultipart: (client) => initiateMultipart(client, signer, { storageKey: 'k', sizeBytes }, signal),
  presignPart: (client) =>
    presignPart(client, signer, { uploadId: 'u', storageKey: 'k', part: { number: 1, sizeBytes } }, signal),
  completeMultipart: (client) =>
    completeMultipart(client, signer, { uploadId: 'u', storageKey: 'k', parts: [] }, signal),
}
export const apiCallNames = Object.keys(calls)

/** All fields of all responses. */
const validAnswer = {
  id: 'm1',
  display_name: 'a',
  email_address: 'a@b.c',
  team_list: [{ id: 't', display_name: 'T', role: 'owner' }],
  access_token: 'a',
  refresh_token: 'b',
  expires_in: 300,
  device_code: 'c',
  user_code: 'AB-CD',
  verification_uri: 'https://core.example/pair',
  interval: 2,
  raw_key: 'dk-1',
  upload_url: 'http://127.0.0.1:9/k?X-Amz-Signature=1',
  upload_headers: { 'If-None-Match': '*', 'Content-Length': '1000' },
  storage_key: 'k',
  upload_id: 'u',
  part_size: 5_242_880,
  part_count: 1,
  model_list: [{ id: 'm1', display_name: 'a', file_size: 5 }],
  page_meta: { total_count: 1 },
  error_message: 'no',
}

const hostileValues: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => 'a\r\nHost: x',
  () => '\u0000\u001b[2J\u202e',
  () => '\ud800',
  (random) => 'a'.repeat(random() * 100_000),
  () => -1,
  () => 0,
  () => 1e300,
  () => 0.5,
  () => [],
  () => ({}),
  () => ['a', 'b'],
  () => ['https://storage.example/k'],
  () => ({ __proto__: null, constructor: 'a', toString: 1 }),
  () => 'file:///etc/passwd',
  () => 'http://169.254.169.254/',
  () => ({ Host: 'x', 'Transfer-Encoding': 'chunked' }),
  (random) => Array.from({ length: random() * 3_000 }, (_, index) => ({ id: `${index}` })),
]

/** The valid answer with some members, also nested ones, replaced or removed. */
function changedAnswer(random: Random): string {
  const change = (value: unknown, depth: number): unknown => {
    if (random() < 0.12) return pick(random, hostileValues)(random)
    if (typeof value !== 'object' || value === null || depth > 3) return value
    if (Array.isArray(value)) return value.map((item) => change(item, depth + 1))
    const entries = Object.entries(value).filter(() => random() > 0.04)
    return Object.fromEntries(entries.map(([name, item]) => [name, change(item, depth + 1)]))
  }
  return JSON.stringify(change(validAnswer, 0))
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

const bodies: readonly ((random: Random) => Buffer | string)[] = [
  changedAnswer,
  changedAnswer,
  changedAnswer,
  (random) => changedAnswer(random).slice(0, random() * 500),
  (random) => {
    const bytes = Buffer.from(changedAnswer(random))
    for (let flip = 0; flip < 4; flip += 1) {
      const at = Math.floor(random() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() * 8))
    }
    return bytes
  },
  (random) => seededBytes(Math.floor(random() * 1e9), Math.floor(random() * 3_000)),
  (random) => nested(Math.floor(random() * 500_000)),
  (random) => '{"a":'.repeat(random() * 200_000),
  () => `{"id":"${'a'.repeat(2_000_000)}"}`,
  () => '<html>sign in</html>',
  () => '',
]

const statuses = [
  200, 200, 200, 200, 201, 204, 206, 301, 307, 400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503, 999,
]
const headerLines: readonly ((random: Random, length: number) => string)[] = [
  (_random, length) => `Content-Length: ${length}`,
  (_random, length) => `Content-Length: ${length}`,
  (random, length) => `Content-Length: ${Math.floor(length * 2 * random())}`,
  () => 'Content-Length: -1',
  () => 'Transfer-Encoding: chunked',
  () => 'Location: http://127.0.0.1:9/',
  () => 'Retry-After: 1e300',
  () => 'Date: never',
  (random) => `X-Long: ${'a'.repeat(random() * 40_000)}`,
  () => 'Content-Type: text/html',
]

/** A response as it is sent, sometimes not HTTP at all. */
function hostileResponse(random: Random): Buffer {
  const body = Buffer.from(pick(random, bodies)(random))
  if (random() < 0.05) return seededBytes(Math.floor(random() * 1e9), 200)
  // Half of the responses are well-formed, so that they reach the checks behind the parser.
  if (random() < 0.5) {
    const answer = changedAnswer(random)
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(answer)}\r\nConnection: close\r\n\r\n`
    return Buffer.from(head + answer)
  }
  const lines = Array.from({ length: 1 + random() * 2 }, () => pick(random, headerLines)(random, body.length))
  const head = `HTTP/1.1 ${pick(random, statuses)} x\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`
  return random() < 0.05
    ? Buffer.from(head.slice(0, head.length / 2))
    : Buffer.concat([Buffer.from(head), body])
}

/** What later code relies on, whatever the server has sent. */
function expectSafe(result: Result<unknown>): void {
  if (!result.ok) {
    expect(Object.keys(failureKinds)).toContain(result.failure.code)
    expect(JSON.stringify(result.failure).length).toBeLessThan(2_000)
    return
  }
  const value = Object(result.value) as Readonly<Record<string, unknown>>
  if (typeof value['url'] === 'string') {
    expect(['http:', 'https:']).toContain(new URL(value['url']).protocol)
    for (const header of Object.values(value['headers'] as object)) validateHeaderValue('x', header as string)
  }
  for (const name of ['access_token', 'refresh_token'])
    if (name in value) validateHeaderValue('x', `Bearer ${String(value[name])}`)
  if ('intervalMs' in value) {
    expect(value['intervalMs']).toBeGreaterThanOrEqual(1_000)
    expect(value['intervalMs']).toBeLessThanOrEqual(30_000)
  }
}

/** Calls every operation `rounds` times, each time with another hostile response over a real connection. */
export async function fuzzApi({ rounds, seed }: { readonly rounds: number; readonly seed: number }) {
  const random = seededRandom(seed)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(hostileResponse(random)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const environment = createTestEnvironment(standingClock())
  const client = createCloudClient(`http://127.0.0.1:${port}/api/v1`, environment)
  const report = { inputs: 0, accepted: 0, worstMs: 0, worstCall: '', peakMemoryMiB: 0 }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const startedMs = performance.now()
      const result = await call(client)
      const tookMs = Math.round(performance.now() - startedMs)
      expectSafe(result)
      report.inputs += 1
      if (result.ok) report.accepted += 1
      if (tookMs > report.worstMs) Object.assign(report, { worstMs: tookMs, worstCall: name })
      const memoryMiB = Math.round(process.memoryUsage.rss() / 1024 ** 2)
      report.peakMemoryMiB = Math.max(report.peakMemoryMiB, memoryMiB)
    }
  }
  return report satisfies ApiFuzzReport
}
