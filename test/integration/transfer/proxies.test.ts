import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { retryClassOf } from '../../../electron/contract/failures.ts'
import { makeAuthority } from '../../support/network/certificates.ts'
import { openProxy, openSocks } from '../../support/network/proxy.ts'
import { etagOf, startTestServer } from '../../support/network/test-server.ts'
import { testProgram } from '../../support/runner/test-programs.ts'

// Each run is a separate process, which trusts the test’s certificate authority and reads its proxies from
// its environment like the command line does.

const run = promisify(execFile)
const sizeBytes = 6 * 1024 * 1024
const login = 'us@er:p:w%'
const [name = '', password = ''] = [login.slice(0, 5), login.slice(6)]

type Environment = Readonly<Record<string, string>>
interface SeenRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
}

/**
 * A server for API and storage, with or without TLS, its requests, and functions that call it and PUT to it.
 */
async function setup(isSecure: boolean, refusesWith?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-proxies-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'model')
  await writeFile(path, Buffer.alloc(sizeBytes, 7))
  const authority = await makeAuthority()
  const seen: SeenRequest[] = []
  const { url } = await startTestServer(
    (request, response) => {
      seen.push({ url: request.url ?? '', headers: request.headers })
      if (refusesWith !== undefined) {
        request.resume()
        return void response.writeHead(refusesWith).end()
      }
      if (request.method === 'GET') return void response.end('{"id":"1"}')
      etagOf(request).then(
        (etag) => response.writeHead(200, { ETag: etag }).end(),
        () => response.destroy(),
      )
    },
    isSecure ? { tls: await authority.issue('localhost'), host: 'localhost' } : {},
  )
  async function runProgram(
    program: 'api-call-program' | 'put-program',
    words: readonly string[],
    environment: Environment,
  ): Promise<unknown> {
    const others = Object.entries(process.env).filter(([key]) => !/_proxy$|^SSL_CERT|^NODE_EXTRA/i.test(key))
    const env = { ...Object.fromEntries(others), NODE_EXTRA_CA_CERTS: authority.file, ...environment }
    const { stdout } = await run(process.execPath, [testProgram(program), ...words], { env })
    return JSON.parse(stdout)
  }
  /** With a query like those of signatures: what a URL parser would rewrite must arrive unchanged. */
  const signed = `${url}/a%2Fb%7E?X-Amz-Signature=%2b%2F&y=a+b|c`
  return {
    seen,
    url,
    signed,
    callApi: (environment: Environment) => runProgram('api-call-program', [url], environment),
    put: (environment: Environment) => runProgram('put-program', [path, signed], environment),
  }
}

const stored = { kind: 'stored', etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as string }
const one = { ok: true, value: { id: '1' } }

test.each([
  ['https', 'HTTPS_PROXY', true],
  ['http', 'HTTP_PROXY', false],
  ['https, in lower case', 'https_proxy', true],
  ['http, by ALL_PROXY', 'ALL_PROXY', false],
] as const)(
  'sends a PUT and calls over %s through the proxy, bytes unchanged',
  async (_what, variable, isSecure) => {
    const server = await setup(isSecure)
    const proxy = await openProxy()
    expect(await server.put({ [variable]: proxy.url })).toMatchObject(stored)
    expect(server.seen).toMatchObject([
      {
        url: server.signed.slice(server.signed.indexOf('/object')),
        headers: { 'content-length': `${sizeBytes}` },
      },
    ])
    expect(server.seen[0]?.headers).not.toHaveProperty('transfer-encoding')
    expect(server.seen[0]?.headers).not.toHaveProperty('proxy-authorization')
    expect(await server.callApi({ [variable]: proxy.url })).toEqual([one, one])
    expect(proxy.passed.length).toBeGreaterThan(1)
  },
)

test.each([true, false])(
  'uses a proxy URL without a scheme as an HTTP proxy (TLS behind it: %s)',
  async (isSecure) => {
    const server = await setup(isSecure)
    const proxy = await openProxy()
    expect(await server.callApi({ HTTPS_PROXY: proxy.host, HTTP_PROXY: proxy.host })).toEqual([one, one])
    expect(proxy.passed.length).toBeGreaterThan(0)
  },
)

test('connects directly to hosts in NO_PROXY', async () => {
  const server = await setup(true)
  const proxy = await openProxy()
  expect(await server.put({ HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' })).toMatchObject(stored)
  expect(await server.callApi({ HTTPS_PROXY: proxy.url, no_proxy: '*' })).toEqual([one, one])
  expect(proxy.passed).toEqual([])
})

test.each([
  ['https', true],
  ['http', false],
] as const)('takes the proxy login from its URL or the keychain, over %s', async (_what, isSecure) => {
  const server = await setup(isSecure)
  const proxy = await openProxy({ login })
  const withLogin = proxy.url.replace('//', `//${encodeURIComponent(name)}:${encodeURIComponent(password)}@`)
  expect(await server.put({ HTTPS_PROXY: withLogin, HTTP_PROXY: withLogin })).toMatchObject(stored)
  expect(proxy.refused).toEqual([])
  const storedLogin = {
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    STORED_LOGIN: `${proxy.url} ${name} ${password}`,
  }
  expect(await server.put(storedLogin)).toMatchObject(stored)
  expect(await server.callApi(storedLogin)).toEqual([one, one])
  expect(proxy.refused.every((given) => given === '')).toBe(true)
  expect(server.seen.flatMap(({ headers }) => Object.keys(headers))).not.toContain('proxy-authorization')
})

test.each([
  ['https', true],
  ['http', false],
] as const)('sends nothing without the proxy login, and names the proxy (%s)', async (_what, isSecure) => {
  const server = await setup(isSecure)
  const proxy = await openProxy({ login })
  const environment = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }
  const why = { code: 'proxy-sign-in', params: { host: proxy.host } }
  expect(await server.put(environment)).toMatchObject({ kind: 'failed', failure: why, unanswered: null })
  expect(await server.callApi(environment)).toMatchObject([{ failure: why }, { failure: why }])
  expect(server.seen).toEqual([])
})

test.each(['http', 'socks'] as const)('ignores a 407 from a server behind a tunnel (%s)', async (kind) => {
  const server = await setup(true, 407)
  const address =
    kind === 'http' ? (await openProxy()).url : `socks5h://127.0.0.1:${(await openSocks()).port}`
  const environment = { ALL_PROXY: address }
  const results = JSON.stringify([await server.put(environment), await server.callApi(environment)])
  expect(server.seen.length).toBeGreaterThan(1)
  expect(results).not.toContain('proxy-sign-in')
  expect(results).toContain('"failure"')
})

test('reports the proxy when it fails to tunnel or is unreachable', async () => {
  const server = await setup(true)
  const proxy = await openProxy({ refusesWith: 502 })
  const trouble = { code: 'proxy-unreachable', params: { host: proxy.host } }
  expect(await server.put({ HTTPS_PROXY: proxy.url })).toMatchObject({ failure: trouble, unanswered: null })
  await proxy.close()
  expect(await server.callApi({ HTTPS_PROXY: proxy.url })).toMatchObject([
    { failure: trouble },
    { failure: trouble },
  ])
  expect(server.seen).toEqual([])
})

test('reports a proxy that forbids a server with its status, without retrying', async () => {
  const server = await setup(true)
  const proxy = await openProxy({ refusesWith: 403 })
  const params = { host: proxy.host, server: new URL(server.url).host }
  const refused = { code: 'proxy-refuses', params, detail: 'PROXY_REFUSED 403' } as const
  expect(retryClassOf(refused)).toBe('never')
  expect(await server.put({ HTTPS_PROXY: proxy.url })).toMatchObject({ failure: refused, unanswered: null })
  expect(await server.callApi({ HTTPS_PROXY: proxy.url })).toMatchObject([
    { failure: refused },
    { failure: refused },
  ])
})

test.each([
  ['https', true],
  ['http', false],
] as const)('reports a proxy that fails during a PUT as a lost connection (%s)', async (_what, isSecure) => {
  const server = await setup(isSecure)
  const proxy = await openProxy({ cutsAfterBytes: sizeBytes / 3 })
  expect(await server.put({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })).toMatchObject({
    kind: 'failed',
    failure: { code: 'connection-lost' },
  })
})

test.each([
  ['https', true, null],
  ['http', false, null],
  ['https with a login', true, login],
] as const)('sends PUTs and calls through SOCKS: %s', async (_what, isSecure, wanted) => {
  const server = await setup(isSecure)
  const socks = await openSocks(wanted)
  const credentials = wanted === null ? '' : `${encodeURIComponent(name)}:${encodeURIComponent(password)}@`
  const environment = { ALL_PROXY: `socks5h://${credentials}127.0.0.1:${socks.port}` }
  expect(await server.put(environment)).toMatchObject(stored)
  expect(await server.callApi(environment)).toEqual([one, one])
  expect(socks.passed.length).toBeGreaterThan(0)
})

test('reports SOCKS that refuses the login, and sends nothing', async () => {
  const server = await setup(true)
  const { port } = await openSocks(login)
  expect(await server.put({ ALL_PROXY: `socks5h://wrong:login@127.0.0.1:${port}` })).toMatchObject({
    kind: 'failed',
    failure: { code: 'proxy-sign-in' },
  })
  expect(server.seen).toEqual([])
})
