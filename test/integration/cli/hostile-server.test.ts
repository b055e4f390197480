import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { startHostileServer } from '../../support/hostile-server.ts'

const url = 'https://storage.example/k'

test.each<[string, (storage: URL) => Readonly<Record<string, unknown>>, string]>([
  ['an address without encryption', ({ href }) => ({ upload_url: href }), 'upload-address-refused'],
  ['this computer', ({ host }) => ({ upload_url: `https://${host}/k` }), 'upload-address-refused'],
  [
    'this computer by name',
    ({ port }) => ({ upload_url: `https://localhost:${port}/k` }),
    'upload-address-refused',
  ],
  [
    'a cloud’s metadata',
    () => ({ upload_url: 'https://169.254.169.254/latest/meta-data' }),
    'upload-address-refused',
  ],
  ['a local file', () => ({ upload_url: 'file:///etc/passwd' }), 'upload-address-refused'],
  ['a line break', () => ({ upload_url: `${url}\r\nHost: x` }), 'upload-address-refused'],
  [
    'another Host',
    () => ({ upload_url: url, upload_headers: { Host: 'internal' } }),
    'upload-header-refused',
  ],
  [
    'an Authorization',
    () => ({ upload_url: url, upload_headers: { Authorization: 'Basic x' } }),
    'upload-header-refused',
  ],
  [
    'another length',
    () => ({ upload_url: url, upload_headers: { 'Content-Length': 5 } }),
    'upload-header-refused',
  ],
  [
    'chunked coding',
    () => ({ upload_url: url, upload_headers: { 'Transfer-Encoding': 'chunked' } }),
    'upload-header-refused',
  ],
  [
    'a header that is true',
    () => ({ upload_url: url, upload_headers: { 'x-amz-acl': true } }),
    'upload-header-refused',
  ],
])('fails once and sends nothing when the server presigns for %s', async (_what, presign, code) => {
  const { run, file, requests, reached } = await startHostileServer({ presign })
  const ended = await run('upload', file, '--json', '--type', 'loras')
  expect(ended.json().at(-1)).toMatchObject({ event: 'failed', code })
  expect([ended.code, reached]).toEqual([1, []])
  expect(requests.filter((request) => request === 'POST /models/presign')).toHaveLength(1)
})

test('gives up on a list of models that does not end, and continues with the upload', async () => {
  let pages = 0
  const { run, file, requests } = await startHostileServer({
    presign: () => ({ upload_url: 'file:///k' }),
    models(_request, response) {
      pages += 1
      const models = Array.from({ length: 100 }, (_, index) => ({ id: `${pages}-${index}` }))
      response.end(JSON.stringify({ model_list: models }))
    },
  })
  // The list is waited for as long as the upload would take.
  const { path } = await writeSafetensors(join(dirname(file), 'large.safetensors'), { sizeBytes: 30_000_000 })
  const ended = await run('upload', path, '--json', '--type', 'loras')
  expect(ended.json()).toContainEqual(
    expect.objectContaining({ event: 'library-unlisted', code: 'list-too-long' }),
  )
  expect(requests.at(-1)).toBe('POST /models/presign')
  expect([ended.code, pages]).toEqual([1, 501])
})
