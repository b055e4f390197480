import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import { putOutcome, storageReason } from '../../../electron/transfer/put-outcome.ts'

const sizeBytes = 1_000

function outcomeOf(answer: PutAnswer | null, host = 's3.example') {
  return putOutcome(answer, { sizeBytes, host, nowMs: Date.UTC(2026, 0, 1) })
}

const answered = (status: number, given: Partial<PutAnswer & { kind: 'answered' }> = {}, host?: string) =>
  outcomeOf(
    {
      ...{ kind: 'answered', status, etag: '"e"', md5: null, sealed: false, retryAfter: null, body: '' },
      ...{ checksum: 7, flushedBytes: sizeBytes, ...given },
    },
    host,
  )
const aborted = (flushedBytes: number) => outcomeOf({ kind: 'aborted', checksum: 7, flushedBytes })
const broken = (code: string, flushedBytes: number) =>
  outcomeOf({ kind: 'broken', code, proxyHost: null, checksum: 7, flushedBytes })

test.each([200, 201, 204])('%i after the last byte is a stored object', (status) => {
  expect(answered(status)).toEqual({ kind: 'stored', etag: '"e"', checksum: 7 })
})

test('a success before the last byte went out is not believed', () => {
  expect(answered(200, { flushedBytes: sizeBytes - 1 })).toMatchObject({
    kind: 'failed',
    failure: { code: 'storage-trouble' },
    unanswered: null,
  })
})

test('an answer that was lost after the last byte may have stored the object; before it, it has not', () => {
  const lost = failure('connection-lost', { host: 's3.example' }, { detail: 'ECONNRESET' })
  expect([broken('ECONNRESET', sizeBytes), broken('ECONNRESET', sizeBytes - 1)]).toEqual([
    { kind: 'failed', failure: lost, unanswered: { checksum: 7 } },
    { kind: 'failed', failure: lost, unanswered: null },
  ])
})

test.each([
  [400, 'storage-refused'],
  [409, 'storage-busy'],
  [411, 'storage-refused'],
  [413, 'storage-refused'],
  [429, 'storage-busy'],
  [500, 'storage-trouble'],
  [503, 'storage-busy'],
  [504, 'storage-trouble'],
])('%i is a failure called %s', (status, code) => {
  expect(answered(status)).toMatchObject({ kind: 'failed', failure: { code }, unanswered: null })
})

test('404 is the end of what was begun where storage itself says so, and trouble where it is a gateway’s page', () => {
  const page = '<html><body>404 Not Found</body></html>'
  expect([
    answered(404, { body: '<Error><Code>NoSuchUpload</Code></Error>' }),
    answered(404, { body: page }),
    answered(404),
  ]).toMatchObject([
    { failure: { code: 'not-found', detail: 'NoSuchUpload' } },
    { failure: { code: 'storage-trouble', params: { status: 404 } } },
    { failure: { code: 'storage-trouble', params: { status: 404 } } },
  ])
})

test('403 asks for another URL, 412 for another key', () => {
  const body = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
  expect([answered(403, { body }), answered(412)]).toEqual([
    {
      kind: 'forbidden',
      failure: failure('storage-refused', {}, { detail: 'AccessDenied: Request has expired' }),
    },
    { kind: 'occupied' },
  ])
})

test('Retry-After of storage is kept, as seconds and as a date', () => {
  const asked = (retryAfter: string) => {
    const outcome = answered(503, { retryAfter })
    return outcome.kind === 'failed' ? outcome.failure.retryAfterMs : null
  }
  expect([asked('9'), asked('Thu, 01 Jan 2026 00:00:20 GMT'), asked('soon')]).toEqual([
    ...[9_000, 20_000, undefined],
  ])
})

test('what the thread found wrong with the file stays what it is', () => {
  expect(outcomeOf({ kind: 'refused', failure: failure('file-missing') })).toEqual({
    ...{ kind: 'failed', failure: failure('file-missing'), unanswered: null },
  })
})

test('a thread that died with the PUT is a lost connection, an aborted one is no failure', () => {
  expect([outcomeOf(null), aborted(sizeBytes - 1)]).toMatchObject([
    { kind: 'failed', failure: { code: 'connection-lost' }, unanswered: null },
    { kind: 'aborted', unanswered: null },
  ])
})

test('a PUT that was called off after its last byte may have stored the object', () => {
  expect(aborted(sizeBytes)).toEqual({ kind: 'aborted', unanswered: { checksum: 7 } })
})

test.each([
  ['<Error><Code>SlowDown</Code></Error>', 'SlowDown'],
  ['<Error><Code>SlowDown</Code><Message>SlowDown</Message></Error>', 'SlowDown'],
  ['<Error><Code>X</Code><Message>It is so.</Message></Error>', 'X: It is so.'],
  ['<html>Bad gateway</html>', undefined],
  ['', undefined],
])('the reason in %s is %s', (body, reason) => {
  expect(storageReason(body)).toBe(reason)
})

const md5 = '0123456789abcdef0123456789abcdef'
const otherMd5 = 'fedcba9876543210fedcba9876543210'

test('an ETag that is the MD5 of other bytes is not a stored object, and names both', () => {
  expect(answered(200, { etag: `"${otherMd5}"`, md5 })).toEqual({
    kind: 'differs',
    failure: failure('storage-differs', {}, { detail: `ETag "${otherMd5}", MD5 ${md5}` }),
  })
})

test('the MD5 of what was sent is a stored object, in either case of its letters', () => {
  expect([`"${md5}"`, `"${md5.toUpperCase()}"`].map((etag) => answered(200, { etag, md5 }).kind)).toEqual([
    ...['stored', 'stored'],
  ])
})

test.each([
  ['no MD5 was worked out', { md5: null }, undefined],
  ['storage encrypts with a key of its own', { md5, sealed: true }, undefined],
  ['the ETag is of several parts', { md5, etag: `"${otherMd5}-2"` }, undefined],
  ['the ETag is not in quotes', { md5, etag: otherMd5 }, undefined],
  ['there is no ETag', { md5, etag: null }, undefined],
  [
    'the bucket is a directory bucket',
    { md5 },
    'models--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com',
  ],
] as const)('an ETag says nothing where %s', (_, given, host) => {
  expect(answered(200, { etag: `"${otherMd5}"`, ...given }, host).kind).toBe('stored')
})
