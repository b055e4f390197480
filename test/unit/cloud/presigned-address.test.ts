import { expect, test } from 'vitest'
import { presignModel } from '../../../electron/cloud/models.ts'
import { presignPart } from '../../../electron/cloud/multipart.ts'
import { retryClassOf } from '../../../electron/contract/failures.ts'
import { isLocalAddress } from '../../../electron/platform/network/storage-address.ts'
import { createAnsweringClient, deviceSigner, remoteApi } from '../../support/answering-client.ts'

const sizeBytes = 1_000
const { signal } = new AbortController()

interface Given {
  readonly url?: unknown
  readonly headers?: unknown
  readonly server?: string
}

/** The results of presigning a file and a part of the same size. */
async function presign({ url = 'https://storage.example/k?sig=1', headers, server = remoteApi }: Given) {
  const answer = { upload_url: url, storage_key: 'k', upload_headers: headers }
  const client = createAnsweringClient(() => answer, server)
  const target = { displayName: 'm', modelType: 'loras', modelPath: 'models/m' }
  const file = { fileName: 'm', sizeBytes, target }
  const part = { uploadId: 'u', storageKey: 'k', part: { number: 1, sizeBytes } }
  return [
    await presignModel(client, deviceSigner, file, signal),
    await presignPart(client, deviceSigner, part, signal),
  ] as const
}

test.each([
  ['no headers', undefined, {}],
  ['null', null, {}],
  ['an empty list', [], {}],
  ['texts', { 'Content-Type': 'a/b', 'if-none-match': '*' }, { 'Content-Type': 'a/b', 'if-none-match': '*' }],
  ['a number', { 'Content-Length': 1000 }, { 'Content-Length': '1000' }],
  ['a list of one text', { 'x-amz-acl': ['private'] }, { 'x-amz-acl': 'private' }],
  [
    'all kinds of storage',
    { 'X-Goog-Hash': 'a', 'x-ms-blob-type': 'b' },
    { 'X-Goog-Hash': 'a', 'x-ms-blob-type': 'b' },
  ],
  [
    'the URL’s own host',
    { Host: ['storage.example'], 'Content-Length': ['1000'] },
    { 'Content-Length': '1000' },
  ],
])('accepts %s as headers', async (_what, headers, expected) => {
  for (const result of await presign({ headers }))
    expect(result).toMatchObject({ ok: true, value: { headers: expected, allowsLocalAddress: false } })
})

test.each([
  ['Host', '127.0.0.1'],
  ['Authorization', 'Bearer x'],
  ['Cookie', 'a=b'],
  ['Content-Length', '5'],
  ['Content-Length', '01000'],
  ['Content-Length', 999],
  ['Transfer-Encoding', 'chunked'],
  ['Expect', '100-continue'],
  ['Connection', 'close'],
  ['X-Team-ID', 'team_1'],
  ['x-amz-', 'a'],
  ['x-amz-a\r\nHost', 'a'],
  ['x-amz-meta-a', 'a\r\nTransfer-Encoding: chunked'],
  ['x-amz-meta-a', 'a\u0000'],
  ['x-amz-meta-a', 'é界'],
  ['x-amz-meta-a', true],
  ['x-amz-meta-a', null],
  ['x-amz-meta-a', { a: 'b' }],
  ['x-amz-meta-a', []],
  ['x-amz-meta-a', ['a', 'b']],
  ['x-amz-meta-a', [1]],
  ['x-amz-meta-a', 'a'.repeat(8_001)],
])('refuses the header %j: %j for good', async (name, value) => {
  for (const result of await presign({ headers: { 'If-None-Match': '*', [name]: value } })) {
    expect(result).toMatchObject({ ok: false, failure: { code: 'upload-header-refused' } })
    if (!result.ok) expect(retryClassOf(result.failure)).toBe('never')
  }
})

test.each([[['Content-Type']], ['Host: x'], [5]])('refuses %j in place of headers', async (headers) => {
  for (const result of await presign({ headers }))
    expect(result).toMatchObject({ failure: { code: 'upload-header-refused' } })
})

test('refuses more than 50 headers', async () => {
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-amz-meta-${index}`, 'a']))
  for (const result of await presign({ headers: headers(50) })) expect(result.ok).toBe(true)
  for (const result of await presign({ headers: headers(51) })) expect(result.ok).toBe(false)
})

test.each([
  null,
  5,
  ['https://storage.example/k'],
  { href: 'https://storage.example/k' },
  'http://storage.example/k',
  'ftp://storage.example/k',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https:storage.example/k',
  'https:///k',
  'https://',
  '/k',
  '',
  'https://storage.example/k\r\nHost: x',
  'https://storage.example/a b',
  'https://storage.example/界',
  ' https://storage.example/k',
  `https://storage.example/${'a'.repeat(16_000)}`,
  'https://localhost/k',
  'https://LOCALHOST./k',
  'https://storage.localhost/k',
  'https://127.0.0.1/k',
  'https://127.255.0.9:8080/k',
  'https://2130706433/k',
  'https://0x7f.1/k',
  'https://0/k',
  'https://0.0.0.0/k',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/k',
  'https://[::]/k',
  'https://[::ffff:127.0.0.1]/k',
  'https://[::ffff:a9fe:a9fe]/k',
  'https://[::127.0.0.1]/k',
  'https://[fe80::1]/k',
  'https://user@127.0.0.1/k',
  'https://[64:ff9b::127.0.0.1]/k',
  'https://[2002:7f00:1::]/k',
])('refuses the address %j of a remote server for good', async (url) => {
  for (const result of await presign({ url })) {
    expect(result).toMatchObject({ ok: false, failure: { code: 'upload-address-refused' } })
    if (!result.ok) expect(retryClassOf(result.failure)).toBe('never')
    expect(JSON.stringify(result)).not.toMatch(/meta-data|passwd|alert/)
    if (!result.ok) expect(result.failure.detail).toMatch(/^not an http address$| is /)
  }
})

test.each([
  'https://storage.example/k?X-Amz-Signature=%2b%2F&y=a+b|c',
  'https://storage.example:9000/b/k',
  'https://10.0.0.5/k',
  'https://192.168.1.9:9000/k',
  'https://[2001:db8::1]/k',
  'https://198.18.0.7/k',
])('accepts %s from a remote server', async (url) => {
  for (const result of await presign({ url }))
    expect(result).toMatchObject({ ok: true, value: { url, allowsLocalAddress: false } })
})

test('accepts storage on this computer from a server on this computer', async () => {
  const url = 'http://127.0.0.1:9000/k'
  for (const server of ['http://127.0.0.1:7000/api/v1', 'http://localhost:7000', 'http://[::1]:7000']) {
    for (const result of await presign({ url, server }))
      expect(result).toMatchObject({ ok: true, value: { url, allowsLocalAddress: true } })
  }
  for (const result of await presign({ url, server: 'https://localhost:7000' }))
    expect(result).toMatchObject({ failure: { code: 'upload-address-refused' } })
})

test.each([
  ['https://api.localhost/api/v1', 'https://storage.localhost/k'],
  ['https://api.localhost./api/v1', 'https://127.0.0.1:9000/k'],
  ['https://169.254.7.5/api/v1', 'https://169.254.7.5:9000/k'],
  ['https://[fe80::1]/api/v1', 'https://[fe80::1]:9000/k'],
])('lets %s use the storage %s', async (server, url) => {
  for (const result of await presign({ url, server })) expect(result).toMatchObject({ ok: true })
})

test.each([
  ['https://169.254.7.5/api/v1', 'https://169.254.7.6/k'],
  ['https://169.254.7.5/api/v1', 'https://127.0.0.1/k'],
  ['https://169.254.7.5/api/v1', 'http://169.254.7.5/k'],
  ['https://api.localhost/api/v1', 'http://api.localhost/k'],
  ['https://notlocalhost/api/v1', 'https://localhost/k'],
])('does not let %s use the storage %s', async (server, url) => {
  for (const result of await presign({ url, server }))
    expect(result).toMatchObject({ failure: { code: 'upload-address-refused' } })
})

test.each([
  ['127.0.0.1', true],
  ['0.1.2.3', true],
  ['169.254.0.1', true],
  ['169.255.0.1', false],
  ['128.0.0.1', false],
  ['::1', true],
  ['fe80::1%eth0', true],
  ['febf::1', true],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::7fff:1', true],
  ['64:ff9b::a9fe:a9fe', true],
  ['64:ff9b::', true],
  ['64:ff9b::a00:5', false],
  ['2002:7f00:1::1', true],
  ['2002:a9fe:101::1', true],
  ['2002::1', true],
  ['::ffff:0:127.0.0.1', true],
  ['::ffff:0:a9fe:a9fe', true],
  ['::ffff:0:0:0', true],
  ['::ffff:0:10.0.0.1', false],
  ['10.0.0.1', false],
  ['192.168.0.1', false],
  ['fd00::1', false],
  ['2002:a00:5::1', false],
])('%s is a local address: %s', (address, expected) => {
  expect(isLocalAddress(address)).toBe(expected)
})
