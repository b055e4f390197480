import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { createCloudClient, type CloudClient } from '../../../electron/cloud/client.ts'
import { checkServer } from '../../../electron/cloud/server-check.ts'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { directConnection, type ProxyResolver } from '../../../electron/platform/network/proxy-resolver.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { startTestServer } from '../../support/network/test-server.ts'

/** A server with the test's responses, the requests that it received, and a check of its address. */
async function setup(respond: RequestListener) {
  const asked: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = []
  const { url } = await startTestServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers })
    respond(request, response)
  })
  const environment = createTestEnvironment(standingClock())
  const { origin } = new URL(url)
  return {
    origin,
    check: (path = '', proxies: ProxyResolver = directConnection) =>
      checkServer(`${origin}${path}`, (address) => createCloudClient(address, environment), proxies),
  }
}

function answering(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(body)
}

test.each([
  ['a bare 401', 401, '', {}],
  ['a gateway’s 401 page', 401, '<h1>Sign in</h1>', { 'www-authenticate': 'Basic realm="gate"' }],
  ['a 401 of another API', 401, '{"message":"unauthorized"}', {}],
  ['a 401 whose words are empty', 401, '{"error_message":""}', {}],
  ['a page', 200, '<h1>Hello</h1>', {}],
  ['a page of more than 1 MiB', 200, '<p>Hello</p>'.repeat(100_000), {}],
  ['an answer to anybody', 200, '{"id":"1"}', {}],
  ['a bare 404', 404, '', {}],
  ['a 404 in the words of the API', 404, '{"error_message":"resource not found"}', {}],
  ['a redirect', 302, '', { location: 'https://elsewhere.example/' }],
] as const)('%s is not the API', async (_what, status, body, headers) => {
  const { check, origin } = await setup(answering(status, body, { ...headers }))
  expect(await check()).toMatchObject({
    address: origin,
    failure: { code: 'not-the-api' },
    isReached: true,
    isApi: false,
  })
})

test.each([
  ['https://cloud.example', failure('signed-out', {}, { serverMessage: 'unauthorized' }), 'trusted', true],
  ['https://cloud.example', failure('server-trouble', { status: 503 }), 'trusted', true],
  ['https://cloud.example', failure('certificate-untrusted'), 'untrusted', true],
  ['https://cloud.example', failure('certificate-expired'), 'untrusted', true],
  ['https://cloud.example', failure('timed-out'), 'none', false],
  ['https://cloud.example', failure('proxy-sign-in'), 'none', false],
  ['https://cloud.example', failure('proxy-refuses'), 'none', false],
  ['http://cloud.example', failure('signed-out', {}, { serverMessage: 'unauthorized' }), 'none', true],
] as const)('the certificate of %s that answers %o is %s', async (server, met, certificate, isReached) => {
  const client: CloudClient = {
    server,
    clockAheadMs: () => 60_000,
    isReachable: async () => true,
    send: async () => failed(met),
  }
  expect(await checkServer(server, () => client, directConnection)).toMatchObject({
    certificate,
    isReached,
    clockAheadMs: 60_000,
  })
})
