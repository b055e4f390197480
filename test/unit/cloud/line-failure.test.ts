import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/errors.ts'
import { lineFailure, networkCodeOf, retryAfterMs } from '../../../electron/contract/line-failure.ts'

const withCode = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code })

test.each([
  ['ENOTFOUND', 'name-not-found'],
  ['EAI_AGAIN', 'name-not-found'],
  ['ENETUNREACH', 'offline'],
  ['ECONNREFUSED', 'connection-lost'],
  ['ECONNRESET', 'connection-lost'],
  ['ETIMEDOUT', 'timed-out'],
  ['PROXY_SIGN_IN', 'proxy-sign-in'],
  ['PROXY_TROUBLE', 'proxy-unreachable'],
  ['PROXY_UNREACHABLE', 'proxy-unreachable'],
  ['PROXY_REFUSED 403', 'proxy-refuses'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-untrusted'],
  ['CERT_HAS_EXPIRED', 'certificate-expired'],
  ['CERT_NOT_YET_VALID', 'certificate-expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-wrong-name'],
  ['HPE_INVALID_CONSTANT', 'not-the-api'],
  ['SOMETHING_NEW', 'connection-lost'],
] as const)('%s is %s, with the host and the code for the curious', (code, expected) => {
  expect(lineFailure(code, 'core.example')).toEqual(
    failure(expected, { host: 'core.example' }, { detail: code }),
  )
})

test('the telling code is found however deep fetch hides it', () => {
  const reset = withCode('ECONNRESET')
  const both = new AggregateError([withCode('ENETUNREACH'), withCode('ECONNREFUSED')])
  expect([
    networkCodeOf(reset),
    networkCodeOf(new TypeError('fetch failed', { cause: reset })),
    networkCodeOf(new TypeError('fetch failed', { cause: both })),
    networkCodeOf(new TypeError('fetch failed', { cause: new Error('other side', { cause: reset }) })),
    networkCodeOf(new DOMException('too late', 'TimeoutError')),
    networkCodeOf(withCode('ABORT_ERR', new DOMException('too late', 'TimeoutError'))),
    networkCodeOf('not even an error'),
  ]).toEqual([
    'ECONNRESET',
    'ECONNRESET',
    'ENETUNREACH',
    'ECONNRESET',
    'TimeoutError',
    'TimeoutError',
    'unknown',
  ])
})

test('Retry-After holds seconds or a date, and an hour is the most that is waited for', () => {
  const nowMs = Date.UTC(2026, 0, 1)
  const read = (header: string | null | undefined) => retryAfterMs(header, nowMs)
  expect(['120', '0', '-5', '7200', 'Thu, 01 Jan 2026 00:01:00 GMT'].map(read)).toEqual([
    ...[120_000, 0, 0, 3_600_000, 60_000],
  ])
  expect([
    read('Wed, 31 Dec 2025 00:00:00 GMT'),
    read('soon'),
    read(''),
    read(null),
    read(undefined),
  ]).toEqual([...[0, undefined, undefined, undefined, undefined]])
})
