import { expect, test } from 'vitest'
import { failure, retryClassOf } from '../../../electron/contract/failures.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import { putOutcome, storageReason } from '../../../electron/transfer/put-outcome.ts'

const sizeBytes = 1_000
const sha256 = 'a'.repeat(64)

function outcomeOf(answer: PutAnswer | null, host = 's3.example', sentBytes = 0) {
  return putOutcome(answer, { sizeBytes, host, nowMs: Date.UTC(2026, 0, 1), sentBytes })
}

const answered = (status: number, given: Partial<PutAnswer & { kind: 'answered' }> = {}, host?: string) =>
  outcomeOf(
    {
      kind: 'answered',
      status,
      etag: '"e"',
      md5: null,
      isEncrypted: false,
      retryAfter: null,
      body: '',
      checksum: 7,
      sha256: null,
      flushedBytes: sizeBytes,
      ...given,
    },
    host,
  )

test.each([200, 201, 204, 299])('%i after the last byte means that the object is stored', (status) => {
  expect(answered(status)).toEqual({
    kind: 'stored',
    etag: '"e"',
    checksum: 7,
    sha256: null,
    isRecorded: false,
  })
})

test('does not accept a success before the last byte was sent', () => {
  expect(answered(200, { flushedBytes: sizeBytes - 1 })).toMatchObject({
    kind: 'failed',
    failure: { code: 'storage-trouble' },
    unanswered: null,
  })
})

test.each(['text/html', 'Text/HTML; charset=utf-8'])(
  'does not accept a 200 with %s and no ETag',
  (contentType) => {
    expect(answered(200, { contentType, etag: null })).toEqual({
      kind: 'failed',
      failure: failure('storage-trouble', { status: 200 }, { detail: 'text/html without an ETag' }),
      unanswered: null,
    })
  },
)

test.each([
  ['text/html with an ETag', { contentType: 'text/html' }],
  ['neither a content type nor an ETag', { etag: null }],
  ['another content type and no ETag', { contentType: 'application/xml', etag: null }],
] as const)('accepts a 200 with %s', (_, given) => {
  expect(answered(200, given).kind).toBe('stored')
})

test.each([502, 504, 520, 524])(
  'a %i without an error code after the last byte may mean a stored object',
  (status) => {
    const trouble = failure('storage-trouble', { status }, { detail: `HTTP ${status}` })
    const page = '<html><body>Gateway</body></html>'
    const outcomes = [
      answered(status, { sha256 }),
      answered(status, { sha256, body: page }),
      answered(status),
      answered(status, { flushedBytes: sizeBytes - 1 }),
    ]
    expect(outcomes).toEqual([
      { kind: 'failed', failure: trouble, unanswered: { sha256 } },
      { kind: 'failed', failure: trouble, unanswered: { sha256 } },
      { kind: 'failed', failure: trouble, unanswered: { sha256: null } },
      { kind: 'failed', failure: trouble, unanswered: null },
    ])
  },
)

test.each([
  [502, 'InternalError'],
  [504, 'SomethingUnknown'],
])('a %i with the error code %s comes from storage, which has stored nothing', (status, code) => {
  const body = `<Error><Code>${code}</Code></Error>`
  expect(answered(status, { body, sha256 })).toMatchObject({
    kind: 'failed',
    failure: { code: 'storage-trouble', detail: code },
    unanswered: null,
  })
})

test.each([
  [300, 'storage-trouble'],
  [307, 'storage-trouble'],
  [400, 'storage-refused'],
  [401, 'storage-trouble'],
  [405, 'storage-refused'],
  [408, 'storage-trouble'],
  [409, 'storage-busy'],
  [411, 'storage-refused'],
  [413, 'storage-refused'],
  [429, 'storage-busy'],
  [500, 'storage-trouble'],
  [501, 'storage-refused'],
  [503, 'storage-busy'],
])('reports a %i without an error code as %s', (status, code) => {
  expect(answered(status)).toMatchObject({
    kind: 'failed',
    failure: { code, detail: `HTTP ${status}` },
    unanswered: null,
  })
})

/** S3's error codes with the status that each has in Amazon's documentation or in the server that adds it. */
const errorCodes: Readonly<Record<string, readonly (readonly [status: number, code: string])[]>> = {
  'failed: storage-refused, never retried': [
    [403, 'AccountProblem'],
    [403, 'AllAccessDisabled'],
    [400, 'AuthorizationHeaderMalformed'],
    [400, 'AuthorizationQueryParametersError'],
    [400, 'EntityTooLarge'],
    [400, 'EntityTooSmall'],
    [400, 'IllegalLocationConstraintException'],
    [400, 'InvalidArgument'],
    [400, 'InvalidBucketName'],
    [409, 'InvalidBucketState'],
    [400, 'InvalidDigest'],
    [400, 'InvalidEncryptionAlgorithmError'],
    [400, 'InvalidLocationConstraint'],
    [403, 'InvalidObjectState'],
    [403, 'InvalidPayer'],
    [400, 'InvalidRequest'],
    [403, 'InvalidSecurity'],
    [400, 'InvalidStorageClass'],
    [400, 'InvalidTag'],
    [400, 'InvalidURI'],
    [400, 'KeyTooLongError'],
    [400, 'MetadataTooLarge'],
    [405, 'MethodNotAllowed'],
    [411, 'MissingContentLength'],
    [400, 'MissingSecurityHeader'],
    [404, 'NoSuchBucket'],
    [501, 'NotImplemented'],
    [403, 'NotSignedUp'],
    [301, 'PermanentRedirect'],
    [403, 'QuotaExceeded'],
    [403, 'UserSuspended'],
    [400, 'XMinioAdminBucketQuotaExceeded'],
    [507, 'XMinioStorageFull'],
  ],
  'forbidden: storage-refused, never retried': [
    [403, 'AccessDenied'],
    [400, 'ExpiredToken'],
    [403, 'InvalidAccessKeyId'],
    [400, 'InvalidToken'],
    [400, 'RequestExpired'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'TokenRefreshRequired'],
    [403, 'SomethingUnknown'],
  ],
  'forbidden: clock-wrong, retried': [[403, 'RequestTimeTooSkewed']],
  'failed: storage-busy, retried': [
    [503, 'BandwidthLimitExceeded'],
    [409, 'ConditionalRequestConflict'],
    [409, 'OperationAborted'],
    [503, 'RequestLimitExceeded'],
    [503, 'ServerBusy'],
    [503, 'ServiceUnavailable'],
    [503, 'SlowDown'],
    [400, 'Throttling'],
    [400, 'ThrottlingException'],
    [429, 'TooManyRequests'],
    [503, 'SomethingUnknown'],
  ],
  'failed: storage-trouble, retried': [
    [400, 'IncompleteBody'],
    [500, 'InternalError'],
    [500, 'InternalServerError'],
    [400, 'RequestTimeout'],
    [307, 'TemporaryRedirect'],
    [500, 'SomethingUnknown'],
  ],
  'failed: not-found, never retried': [
    [404, 'NoSuchUpload'],
    [404, 'SomethingUnknown'],
  ],
  'differs: storage-differs, never retried': [
    [400, 'BadDigest'],
    [400, 'XAmzContentChecksumMismatch'],
    [400, 'XAmzContentSHA256Mismatch'],
  ],
  occupied: [[412, 'PreconditionFailed']],
}

const errorBody = (code: string) => `<Error><Code>${code}</Code><Message>Because of it.</Message></Error>`

test.each(
  Object.entries(errorCodes).flatMap(([expected, codes]) =>
    codes.map(([status, code]) => [status, code, expected] as const),
  ),
)('reports %i %s as %s', (status, code, expected) => {
  const outcome = answered(status, { body: errorBody(code) })
  const reason = 'failure' in outcome ? outcome.failure : null
  const isRetried = reason !== null && retryClassOf(reason) === 'later'
  const text = reason ? `: ${reason.code}, ${isRetried ? 'retried' : 'never retried'}` : ''
  expect(`${outcome.kind}${text}`).toBe(expected)
  if (reason) expect(reason.detail).toMatch(code)
})

test('shows storage’s message, shortened and without markup, secrets and control characters', () => {
  const messageOf = (message: string) => {
    const outcome = answered(501, {
      body: `<Error><Code>NotImplemented</Code><Message>${message}</Message></Error>`,
    })
    return 'failure' in outcome ? outcome.failure.serverMessage : undefined
  }
  expect(messageOf('Header &apos;If-None-Match&apos; &amp; others')).toBe("Header 'If-None-Match' & others")
  expect(messageOf('one\r\ntwo \u202edesrever\u202c \u0007')).toBe('one two desrever')
  expect(messageOf('x'.repeat(1_000))).toHaveLength(200)
  expect(messageOf('http://s3/key?X-Amz-Signature=abcdef')).not.toContain('abcdef')
})

test.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:44:05Z', 40],
  ['20260102T030405Z', '2026-01-02T02:24:04.900Z', 40],
  ['2026-01-02T03:04:05Z', '2026-01-02T03:44:04.999Z', 39],
  ['2026-01-02T03:04:05Z', 'no time', 15],
])('reports a clock of %s at %s of storage as wrong by %i minutes', (requestTime, serverTime, minutes) => {
  const body =
    '<Error><Code>RequestTimeTooSkewed</Code>' +
    `<RequestTime>${requestTime}</RequestTime><ServerTime>${serverTime}</ServerTime></Error>`
  expect(answered(403, { body })).toMatchObject({ failure: { code: 'clock-wrong', params: { minutes } } })
})

test('reads Retry-After as seconds and as a date', () => {
  const delayFor = (retryAfter: string) => {
    const outcome = answered(503, { retryAfter })
    return outcome.kind === 'failed' ? outcome.failure.retryAfterMs : null
  }
  expect([delayFor('9'), delayFor('Thu, 01 Jan 2026 00:00:20 GMT'), delayFor('soon')]).toEqual([
    9_000,
    20_000,
    undefined,
  ])
})

test('a PUT whose worker ended after its last byte may have stored the object', () => {
  expect([outcomeOf(null, 's3', sizeBytes - 1), outcomeOf(null, 's3', sizeBytes)]).toMatchObject([
    { unanswered: null },
    { unanswered: { sha256: null } },
  ])
})

test.each([
  ['<Error><Code>SlowDown</Code></Error>', 'SlowDown'],
  ['<Error><Code>SlowDown</Code><Message>SlowDown</Message></Error>', 'SlowDown'],
  ['<Error><Code>X</Code><Message>It is so.</Message></Error>', 'X: It is so.'],
  ['<html>Bad gateway</html>', undefined],
  ['', undefined],
])('reads the reason %s as %s', (body, reason) => {
  expect(storageReason(body)).toBe(reason)
})

const md5 = '0123456789abcdef0123456789abcdef'
const otherMd5 = 'fedcba9876543210fedcba9876543210'

test('accepts the MD5 of the sent bytes as ETag, in upper and lower case', () => {
  expect([`"${md5}"`, `"${md5.toUpperCase()}"`].map((etag) => answered(200, { etag, md5 }).kind)).toEqual([
    'stored',
    'stored',
  ])
})

test.each([
  ['no MD5 was computed', { md5: null }, undefined],
  ['storage encrypts with a key of its own', { md5, isEncrypted: true }, undefined],
  ['the ETag is of several parts', { md5, etag: `"${otherMd5}-2"` }, undefined],
  ['the ETag is not in quotes', { md5, etag: otherMd5 }, undefined],
  ['there is no ETag', { md5, etag: null }, undefined],
  [
    'the bucket is a directory bucket',
    { md5 },
    'models--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com',
  ],
] as const)('ignores the ETag if %s', (_, given, host) => {
  expect(answered(200, { etag: `"${otherMd5}"`, ...given }, host).kind).toBe('stored')
})
