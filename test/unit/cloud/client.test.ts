import * as v from 'valibot'
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import {
  createCloudClient,
  type CloudClient,
  type Credential,
  type Signer,
  isUnsupported,
  mayBeUnsupported,
} from '../../../electron/cloud/client.ts'
import { initiateMultipart } from '../../../electron/cloud/multipart.ts'
import { deleteModel, getModel } from '../../../electron/cloud/models.ts'
import { pollPairing } from '../../../electron/cloud/pairing.ts'
import { refresh } from '../../../electron/cloud/auth.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { directConnection } from '../../../electron/platform/network/proxy-resolver.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { startTestServer } from '../../support/network/test-server.ts'

const responseSchema = v.object({ id: v.string() })

/** A server with the test's responses, and the requests that it received. */
async function setup(respond: RequestListener) {
  const asked: { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[] = []
  const { url } = await startTestServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers })
    respond(request, response)
  })
  const environment = createTestEnvironment(standingClock())
  const client = createCloudClient(new URL('/api/v1/', url).href, environment)
  return { asked, client, environment, get: (signer?: Signer) => client.send(requestFor(signer)) }
}

/** The origin of a server that is not running any more. */
async function closedOrigin() {
  const { server, url } = await startTestServer(() => {})
  await new Promise((resolve) => server.close(resolve))
  return new URL(url).origin
}

const requestFor = (signer?: Signer) =>
  ({ method: 'GET', path: '/models', responseSchema, ...(signer ? { signer } : {}) }) as const

const session = (token: string): Credential => ({ kind: 'session', token, teamId: 'team_1' })

/** A signer that has only this credential. */
const fixed = (credential: Credential): Signer => ({
  credential: async () => success(credential),
  renew: async () => failed(failure('signed-out')),
  replacementFor: async () => failed(failure('signed-out')),
})

/** Accepts one token, and refuses others like the API. */
const acceptingOnly =
  (token: string): RequestListener =>
  (request, response) =>
    request.headers.authorization === `Bearer ${token}`
      ? response.end('{"id":"1"}')
      : response.writeHead(401).end('{"error_message":"expired"}')

function answering(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(body)
}

test('sends the team header for a session, but not for a device key', async () => {
  const { asked, get } = await setup(answering(200, '{"id":"1"}'))
  for (const credential of [session('jwt'), { kind: 'device', token: 'dk-1' } as const]) {
    await get(fixed(credential))
  }
  expect(asked.map(({ headers }) => [headers['authorization'], headers['x-team-id']])).toEqual([
    ['Bearer jwt', 'team_1'],
    ['Bearer dk-1', undefined],
  ])
})

test.each([
  [299, true],
  [300, false],
])('takes a %i for a success: %s', async (status, isSuccess) => {
  const { get } = await setup(answering(status, '{"id":"1"}'))
  expect((await get()).ok).toBe(isSuccess)
})

test.each([
  [300, 'not-the-api'],
  [399, 'not-the-api'],
  [400, 'bad-request'],
  [401, 'signed-out'],
  [403, 'sign-in-forbidden'],
  [404, 'not-found'],
  [405, 'not-found'],
  [409, 'conflict'],
  [413, 'too-large-for-server'],
  [418, 'bad-request'],
  [422, 'bad-request'],
  [499, 'bad-request'],
  [429, 'rate-limited'],
  [408, 'server-trouble'],
  [500, 'server-trouble'],
  [503, 'server-trouble'],
  [302, 'not-the-api'],
] as const)('maps %i to %s with the server’s message', async (status, code) => {
  const body = JSON.stringify({ error_message: 'no, and here is why' })
  const { get } = await setup(answering(status, body, status === 302 ? { location: '/elsewhere' } : {}))
  expect(await get()).toMatchObject({
    ok: false,
    failure: {
      code,
      ...(code === 'not-the-api' ? { detail: `HTTP ${status}` } : { serverMessage: 'no, and here is why' }),
    },
  })
})

test.each([
  [400, 'request-refused'],
  [403, 'sign-in-forbidden'],
  [409, 'request-refused'],
  [413, 'request-refused'],
] as const)('a %i at the sign-in is not called a refused upload', async (status, code) => {
  const { client } = await setup(answering(status, '{"error_message":"no such user"}'))
  const signer = fixed({ kind: 'device', token: 'dk-1' })
  const answer = await client.send({ method: 'GET', path: '/users/me', responseSchema, signer })
  expect(answer).toMatchObject({ failure: { code, serverMessage: 'no such user' } })
})

test('removes the secrets of a request from every answer', async () => {
  const answers = [
    [400, '{"error_message":"opaque-1, hunter2 and dk-0123456789 are wrong"}'],
    [200, '{"count":"hunter2"}'],
  ] as const
  const failures = answers.map(async ([status, body]) => {
    const { client } = await setup(answering(status, body))
    return client.send({
      method: 'POST',
      path: '/auth/login',
      body: { user_password: 'hunter2' },
      responseSchema: v.object({ count: v.number() }),
      signer: fixed(session('opaque-1')),
    })
  })
  expect(await Promise.all(failures)).toMatchObject([
    { failure: { serverMessage: '[removed], [removed] and dk-[removed] are wrong' } },
    { failure: { code: 'not-the-api', detail: 'count: not number' } },
  ])
})

test('a bare 404 or 405 means that the call may be unsupported', async () => {
  const says = async (status: number, body: string) => {
    const { get } = await setup(answering(status, body))
    const answer = await get()
    return !answer.ok && mayBeUnsupported(answer.failure)
  }
  expect(await says(404, '404 page not found')).toBe(true)
  expect(await says(405, '')).toBe(true)
  expect(await says(404, '{"error_message":"gone"}')).toBe(true)
  expect(await says(502, '')).toBe(false)
  expect(await says(302, '')).toBe(false)
})

test.each([
  [404, '', true],
  [410, '404 page not found', true],
  [405, '<h1>Down for maintenance</h1>', true],
  [405, '{"error_message":"method not allowed"}', true],
  [501, '', true],
  [404, '{"error_message":"model not found"}', false],
  [503, '', false],
  [302, '', false],
])('a %i with the text %j shows that the server lacks the call: %s', async (status, body, expected) => {
  const { get } = await setup(answering(status, body))
  const answer = await get()
  expect(!answer.ok && isUnsupported(answer.failure)).toBe(expected)
})

test('returns a failure for a token that is not a valid header', async () => {
  const { asked, get } = await setup(answering(200, '{"id":"1"}'))
  const signer = fixed(session('jwt\nmore'))
  expect(await get(signer)).toMatchObject({ ok: false, failure: { detail: 'ERR_INVALID_CHAR' } })
  expect(asked).toEqual([])
})

test('does not follow redirects', async () => {
  const other = await setup(answering(200, '{"id":"stolen"}'))
  const { get, asked } = await setup(answering(307, '', { location: other.client.server }))
  await get(fixed(session('jwt')))
  expect([asked.length, other.asked]).toEqual([1, []])
})

test.each([
  ['a web page', '<html>Please sign in to the hotel network</html>', 'not-the-api'],
  ['an answer without what was asked', '{"name":"x"}', 'not-the-api'],
  ['half an answer', '{"id":', 'answer-garbled'],
] as const)('classifies %s in place of a response', async (_name, body, code) => {
  const { get } = await setup(answering(200, body))
  expect(await get()).toMatchObject({ ok: false, failure: { code } })
})

test('a proxy that asks for a login does not make the server unreachable, a missing one does', async () => {
  const { url: proxy } = await startTestServer(answering(407, ''))
  const isReachableBy = (proxyUrl: string) =>
    createCloudClient('http://core.example', createTestEnvironment(standingClock()), {
      ...directConnection,
      resolve: async () => proxyUrl,
    }).isReachable(new AbortController().signal)
  expect(await isReachableBy(new URL(proxy).origin)).toBe(true)
  expect(await isReachableBy(await closedOrigin())).toBe(false)
})

test('measures the clock difference with any response, and logs it once', async () => {
  const { client, environment, get } = await setup((_request, response) =>
    response.setHeader('date', new Date(environment.now() - 3_600_000).toUTCString()).end('{"id":"1"}'),
  )
  expect(client.clockAheadMs()).toBe(0)
  await get()
  await get()
  expect(Math.round(client.clockAheadMs() / 60_000)).toBe(60)
  expect(environment.lines.filter(({ message }) => message.includes('clock'))).toHaveLength(1)
})

test('treats a response that changes the protocol as one that is not of the API', async () => {
  const { get, client } = await setup((request) => {
    request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  })
  expect(await get()).toMatchObject({ failure: { code: 'not-the-api', detail: 'HTTP 101' } })
  expect(await client.isReachable(new AbortController().signal)).toBe(true)
})

test.each(['.', '..', '\ud800', '../auth/login', '%2e%2e'])(
  'sends a request for the model “%s” to no other operation',
  async (id) => {
    const { asked, client } = await setup(answering(200, '{"id":"1"}'))
    await getModel(client, fixed(session('jwt')), id, new AbortController().signal)
    await deleteModel(client, fixed(session('jwt')), id, new AbortController().signal)
    const other = asked.filter(({ url }) => !/^\/api\/v1\/models\/[^/]+$/.test(url))
    expect(other).toEqual([])
  },
)

test('sends no token to an http server on another computer', async () => {
  const client = createCloudClient('http://core.example/api/v1', createTestEnvironment(standingClock()))
  const answer = await client.send(requestFor(fixed(session('jwt'))))
  expect(answer).toEqual(failed(failure('bad-server-address')))
})

test('accepts a response of 1 MiB, and aborts one byte more', async () => {
  const response = (bytes: number) => `{"id":"1","x":"${'a'.repeat(bytes - 17)}"}`
  const { get } = await setup(answering(200, response(1_048_576)))
  expect(await get()).toEqual(success({ id: '1' }))
  const { get: getMore } = await setup(answering(200, response(1_048_577)))
  expect(await getMore()).toMatchObject({
    failure: { code: 'response-too-long', detail: 'RESPONSE_TOO_LONG' },
  })
})

test.each([-40, 40])('respects a date in Retry-After with a clock %i minutes off', async (minutes) => {
  const { get, environment } = await setup((_request, response) => {
    const serverTimeMs = environment.now() - minutes * 60_000
    const headers = {
      date: new Date(serverTimeMs).toUTCString(),
      'retry-after': new Date(serverTimeMs + 10_000).toUTCString(),
    }
    response.writeHead(429, headers).end()
  })
  expect(await get()).toMatchObject({ failure: failure('rate-limited', {}, { retryAfterMs: 10_000 }) })
})

test('renews the credential and repeats the request once after a 401', async () => {
  const { asked, get } = await setup(acceptingOnly('good'))
  const calls: string[] = []
  const signer = (renewed: string, latest: string): Signer => ({
    credential: async () => success(session('old')),
    async renew({ token }) {
      calls.push(`renew ${token}`)
      return success(session(renewed))
    },
    async replacementFor({ token }) {
      calls.push(`replace ${token}`)
      return token === latest ? failed(failure('signed-out')) : success(session(latest))
    },
  })
  expect(await get(signer('good', 'good'))).toEqual(success({ id: '1' }))
  expect([calls, asked.length]).toEqual([['renew old'], 2])
  expect(await get(signer('bad', 'bad'))).toMatchObject({
    failure: { code: 'signed-out', serverMessage: 'expired' },
  })
  expect([calls.slice(1), asked.length]).toEqual([['renew old', 'replace bad'], 4])
  // The user has signed in again meanwhile.
  expect(await get(signer('bad', 'good'))).toEqual(success({ id: '1' }))
  expect([calls.slice(3), asked.length]).toEqual([['renew old', 'replace bad'], 7])
})

test.each([
  ['a web page', '<html>Please sign in to the office network</html>'],
  ['no text', ''],
  ['a text', 'Unauthorized'],
  ['JSON of a gateway', '{"message":"Unauthorized"}'],
])('a 401 with %s comes from a gateway and does not end the session', async (_name, body) => {
  const { asked, get } = await setup(answering(401, body))
  const calls: string[] = []
  const signer = {
    ...fixed(session('jwt')),
    async renew() {
      calls.push('renew')
      return failed(failure('signed-out'))
    },
  }
  expect(await get(signer)).toMatchObject({ failure: { code: 'not-the-api', detail: 'HTTP 401' } })
  expect([calls, asked.length]).toEqual([[], 1])
})

test('fails when there is no response within 30 s', async () => {
  const { client, environment, asked } = await setup(() => {})
  const sent = client.send(requestFor())
  await expect.poll(() => asked.length).toBe(1)
  environment.clock.advance(29_999)
  expect(environment.clock.waits()).toEqual([1])
  environment.clock.advance(1)
  expect(await sent).toMatchObject({ failure: { code: 'timed-out', params: { host: expect.any(String) } } })
})

test.each<[string, (client: CloudClient) => Promise<unknown>]>([
  ['a new token pair', (client) => refresh(client, 'token')],
  ['a device key', (client) => pollPairing(client, 'code')],
  [
    'the id of a multipart upload',
    (client) =>
      initiateMultipart(
        client,
        fixed(session('jwt')),
        { storageKey: 'key', sizeBytes: 1 },
        new AbortController().signal,
      ),
  ],
])('waits 120 s for %s, which only this response contains', async (_name, call) => {
  const { client, environment, asked } = await setup(() => {})
  const sent = call(client)
  await expect.poll(() => asked.length).toBe(1)
  expect(environment.clock.waits()).toEqual([120_000])
  environment.clock.advance(120_000)
  expect(await sent).toMatchObject({ failure: { code: 'timed-out' } })
})

test('rejects when aborted', async () => {
  const { client } = await setup(() => {})
  const controller = new AbortController()
  const sent = client.send({ ...requestFor(), signal: controller.signal })
  controller.abort(new Error('paused'))
  await expect(sent).rejects.toThrow('paused')
})

test('logs neither the token nor the URL’s query', async () => {
  const { get, environment } = await setup(answering(500, 'x'))
  await get(fixed(session('jwt-secret')))
  expect(environment.lines.map(({ message }) => message)).toEqual([
    'the clock differs from the server’s',
    'the server rejected a request',
  ])
  expect(JSON.stringify(environment.lines)).not.toContain('jwt-secret')
})
