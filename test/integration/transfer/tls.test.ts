import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { makeAuthority } from '../../support/certificates.ts'
import { etagOf, openReceiver } from '../../support/receiver.ts'
import { testProgram } from '../../support/test-programs.ts'

const run = promisify(execFile)
const mebibyte = 1024 * 1024

type Environment = Readonly<Record<string, string>>

async function runProgram(
  name: 'ask-steps' | 'put-steps',
  words: readonly string[],
  environment: Environment,
): Promise<unknown> {
  const { NODE_EXTRA_CA_CERTS: _extra, SSL_CERT_FILE: _file, ...others } = process.env
  const { stdout } = await run(process.execPath, [testProgram(name), ...words], {
    env: { ...others, ...environment },
  })
  return JSON.parse(stdout)
}

/** A storage over TLS that keeps nothing, and a way to PUT to it from a process with an environment of its own. */
async function setup(certificate: { readonly key: string; readonly cert: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-tls-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'model')
  await writeFile(path, Buffer.alloc(5 * mebibyte, 7))
  let requests = 0
  const { url } = await openReceiver(
    (request, response) => {
      requests += 1
      void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
    },
    { tls: certificate, host: 'localhost' },
  )
  return {
    requests: () => requests,
    put: (environment: Environment) => runProgram('put-steps', [path, url], environment),
  }
}

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  "storage whose authority is trusted by %s, Node's own way or the system's, gets the file",
  async (variable) => {
    const authority = await makeAuthority()
    const storage = await setup(await authority.issue('localhost'))
    expect(await storage.put({ [variable]: authority.file })).toMatchObject({
      ...{ kind: 'stored', etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as string },
    })
  },
)

test('storage whose authority nobody trusts gets nothing, and the row says why', async () => {
  const storage = await setup(await (await makeAuthority()).issue('localhost'))
  expect(await storage.put({})).toMatchObject({
    ...{ kind: 'failed', failure: { code: 'certificate-untrusted' }, unanswered: null },
  })
  expect(storage.requests()).toBe(0)
})

test('a certificate that has run out gets nothing, and the row says why', async () => {
  const authority = await makeAuthority()
  const storage = await setup(await authority.issue('localhost', { expired: true }))
  expect(await storage.put({ NODE_EXTRA_CA_CERTS: authority.file })).toMatchObject({
    ...{ kind: 'failed', failure: { code: 'certificate-expired' }, unanswered: null },
  })
  expect(storage.requests()).toBe(0)
})

test('a certificate for another name gets nothing, and the row says why', async () => {
  const authority = await makeAuthority()
  const storage = await setup(await authority.issue('storage.example'))
  expect(await storage.put({ NODE_EXTRA_CA_CERTS: authority.file })).toMatchObject({
    ...{ kind: 'failed', failure: { code: 'certificate-wrong-name' }, unanswered: null },
  })
  expect(storage.requests()).toBe(0)
})

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  'an API whose authority is trusted by %s is asked, by calls at the same time too',
  async (variable) => {
    const authority = await makeAuthority()
    const { url } = await openReceiver((_request, response) => response.end('{"id":"1"}'), {
      ...{ tls: await authority.issue('localhost'), host: 'localhost' },
    })
    const one = { ok: true, value: { id: '1' } }
    expect(await runProgram('ask-steps', [url], { [variable]: authority.file })).toEqual([one, one])
  },
)

test('an API whose authority nobody trusts is asked nothing, and the row says why', async () => {
  const { url } = await openReceiver((_request, response) => response.end('{"id":"1"}'), {
    ...{ tls: await (await makeAuthority()).issue('localhost'), host: 'localhost' },
  })
  const refused = { ok: false, failure: { code: 'certificate-untrusted' } }
  expect(await runProgram('ask-steps', [url], {})).toMatchObject([refused, refused])
})
