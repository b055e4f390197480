import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { makeAuthority } from '../../support/network/certificates.ts'
import { etagOf, startTestServer } from '../../support/network/test-server.ts'
import { testProgram } from '../../support/runner/test-programs.ts'

const run = promisify(execFile)
const mebibyte = 1024 * 1024

type Environment = Readonly<Record<string, string>>

async function runProgram(
  name: 'api-call-program' | 'put-program',
  words: readonly string[],
  environment: Environment,
): Promise<unknown> {
  const { NODE_EXTRA_CA_CERTS: _extra, SSL_CERT_FILE: _file, ...others } = process.env
  const { stdout } = await run(process.execPath, [testProgram(name), ...words], {
    env: { ...others, ...environment },
  })
  return JSON.parse(stdout)
}

/**
 * A storage over TLS that discards everything, and a function that PUTs to it from a process with the given
 * environment.
 */
async function setup(certificate: { readonly key: string; readonly cert: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-tls-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'model')
  await writeFile(path, Buffer.alloc(5 * mebibyte, 7))
  let requests = 0
  const { url } = await startTestServer(
    (request, response) => {
      requests += 1
      void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
    },
    { tls: certificate, host: 'localhost' },
  )
  return {
    requests: () => requests,
    put: (environment: Environment) => runProgram('put-program', [path, url], environment),
  }
}

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  'sends to storage whose certificate authority is trusted by %s',
  async (variable) => {
    const authority = await makeAuthority()
    const storage = await setup(await authority.issue('localhost'))
    expect(await storage.put({ [variable]: authority.file })).toMatchObject({
      kind: 'stored',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as string,
    })
  },
)

test('sends nothing to storage whose certificate authority is not trusted', async () => {
  const storage = await setup(await (await makeAuthority()).issue('localhost'))
  expect(await storage.put({})).toMatchObject({
    kind: 'failed',
    failure: { code: 'certificate-untrusted' },
    unanswered: null,
  })
  expect(storage.requests()).toBe(0)
})

test('sends nothing to storage whose certificate has expired', async () => {
  const authority = await makeAuthority()
  const storage = await setup(await authority.issue('localhost', { expired: true }))
  expect(await storage.put({ NODE_EXTRA_CA_CERTS: authority.file })).toMatchObject({
    kind: 'failed',
    failure: { code: 'certificate-expired' },
    unanswered: null,
  })
  expect(storage.requests()).toBe(0)
})

test('sends nothing to storage whose certificate is for another name', async () => {
  const authority = await makeAuthority()
  const storage = await setup(await authority.issue('storage.example'))
  expect(await storage.put({ NODE_EXTRA_CA_CERTS: authority.file })).toMatchObject({
    kind: 'failed',
    failure: { code: 'certificate-wrong-name' },
    unanswered: null,
  })
  expect(storage.requests()).toBe(0)
})

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  'calls an API whose certificate authority is trusted by %s, also concurrently',
  async (variable) => {
    const authority = await makeAuthority()
    const { url } = await startTestServer((_request, response) => response.end('{"id":"1"}'), {
      tls: await authority.issue('localhost'),
      host: 'localhost',
    })
    const one = { ok: true, value: { id: '1' } }
    expect(await runProgram('api-call-program', [url], { [variable]: authority.file })).toEqual([one, one])
  },
)

test('does not call an API whose certificate authority is not trusted', async () => {
  const { url } = await startTestServer((_request, response) => response.end('{"id":"1"}'), {
    tls: await (await makeAuthority()).issue('localhost'),
    host: 'localhost',
  })
  const refused = { ok: false, failure: { code: 'certificate-untrusted' } }
  expect(await runProgram('api-call-program', [url], {})).toMatchObject([refused, refused])
})

test('checks certificates also if NODE_TLS_REJECT_UNAUTHORIZED is 0', async () => {
  const authority = await makeAuthority()
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }
  const storage = await setup(await authority.issue('localhost'))
  const refused = { failure: { code: 'certificate-untrusted' } }
  expect(await storage.put(environment)).toMatchObject(refused)
  expect(storage.requests()).toBe(0)
  const { url } = await startTestServer((_request, response) => response.end('{"id":"1"}'), {
    tls: await authority.issue('localhost'),
    host: 'localhost',
  })
  expect(await runProgram('api-call-program', [url], environment)).toMatchObject([refused, refused])
})

test('checks the certificate of an https proxy also if NODE_TLS_REJECT_UNAUTHORIZED is 0', async () => {
  let requests = 0
  const proxy = await startTestServer(
    (_request, response) => {
      requests += 1
      response.end('{"id":"1"}')
    },
    { tls: await (await makeAuthority()).issue('localhost'), host: 'localhost' },
  )
  const environment = {
    HTTP_PROXY: `https://${new URL(proxy.url).host}`,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_NO_WARNINGS: '1',
  }
  const refused = { ok: false }
  const answers = await runProgram('api-call-program', ['http://127.0.0.1:9/api'], environment)
  expect(answers).toMatchObject([refused, refused])
  expect(requests).toBe(0)
})
