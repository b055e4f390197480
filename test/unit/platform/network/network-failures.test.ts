import { expect, test } from 'vitest'
import { failure, isConnectivityFailure } from '../../../../electron/contract/failures.ts'
import {
  networkFailure,
  networkErrorCode,
  retryAfterMs,
} from '../../../../electron/platform/network/network-failures.ts'

const withCode = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code })

test.each([
  ['ENOTFOUND', 'name-not-found'],
  ['EAI_AGAIN', 'name-not-found'],
  ['ENETDOWN', 'offline'],
  ['ENETUNREACH', 'offline'],
  ['EHOSTUNREACH', 'offline'],
  ['EADDRNOTAVAIL', 'offline'],
  ['ENONET', 'offline'],
  ['ECONNREFUSED', 'server-unreachable'],
  ['ECONNRESET', 'connection-lost'],
  ['ECONNABORTED', 'connection-lost'],
  ['EPIPE', 'connection-lost'],
  ['EPROTO', 'connection-lost'],
  ['HPE_INVALID_CONSTANT', 'not-the-api'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-the-api'],
  ['RESPONSE_TOO_LONG', 'response-too-long'],
  ['PROXY_SIGN_IN', 'proxy-sign-in'],
  ['PROXY_TROUBLE', 'proxy-unreachable'],
  ['PROXY_UNREACHABLE', 'proxy-unreachable'],
  ['PROXY_REFUSED 403', 'proxy-refuses'],
  ['ETIMEDOUT', 'timed-out'],
  ['ESOCKETTIMEDOUT', 'timed-out'],
  ['TimeoutError', 'timed-out'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'certificate-untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate-untrusted'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'certificate-untrusted'],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'certificate-untrusted'],
  ['CERT_SIGNATURE_FAILURE', 'certificate-untrusted'],
  ['CERT_CHAIN_TOO_LONG', 'certificate-untrusted'],
  ['CERT_REVOKED', 'certificate-untrusted'],
  ['CERT_UNTRUSTED', 'certificate-untrusted'],
  ['CERT_REJECTED', 'certificate-untrusted'],
  ['INVALID_CA', 'certificate-untrusted'],
  ['INVALID_PURPOSE', 'certificate-untrusted'],
  ['PATH_LENGTH_EXCEEDED', 'certificate-untrusted'],
  ['UNABLE_TO_GET_CRL', 'certificate-untrusted'],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'certificate-untrusted'],
  ['CRL_SIGNATURE_FAILURE', 'certificate-untrusted'],
  ['CRL_NOT_YET_VALID', 'certificate-untrusted'],
  ['CRL_HAS_EXPIRED', 'certificate-untrusted'],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'certificate-untrusted'],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'certificate-untrusted'],
  ['UNSPECIFIED', 'certificate-untrusted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-wrong-name'],
  ['HOSTNAME_MISMATCH', 'certificate-wrong-name'],
  ['CERT_HAS_EXPIRED', 'certificate-expired'],
  ['CERT_NOT_YET_VALID', 'certificate-expired'],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'certificate-expired'],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', 'certificate-expired'],
  ['SOMETHING_NEW', 'connection-lost'],
] as const)('maps %s to %s with host and code', (code, expected) => {
  expect(networkFailure(code, 'core.example')).toEqual(
    failure(expected, { host: 'core.example' }, { detail: code }),
  )
})

test('retries a name that resolves to a local address, and shows the address', () => {
  const shown = networkFailure('LOCAL_ADDRESS 0.0.0.0', 'storage.example:9000')
  const detail = 'storage.example resolves to 0.0.0.0'
  expect(shown).toEqual(failure('name-not-found', { host: 'storage.example:9000' }, { detail }))
})

test('a failure of the proxy names the proxy and its server', () => {
  expect(networkFailure('PROXY_TROUBLE', 'core.example', 'proxy.example:3128')).toMatchObject({
    params: { host: 'proxy.example:3128', server: 'core.example' },
  })
})

test('recognises the failures that a lost connection can cause', () => {
  const lost = ['offline', 'name-not-found', 'connection-lost', 'timed-out', 'proxy-unreachable'] as const
  const other = [
    ...(['proxy-sign-in', 'proxy-refuses', 'certificate-untrusted', 'certificate-expired'] as const),
    ...(['not-the-api', 'server-trouble', 'rate-limited'] as const),
  ]
  expect(lost.filter((code) => !isConnectivityFailure(failure(code)))).toEqual([])
  expect(other.filter((code) => isConnectivityFailure(failure(code)))).toEqual([])
})

test('finds the error code in nested causes', () => {
  const reset = withCode('ECONNRESET')
  const both = new AggregateError([withCode('ENETUNREACH'), withCode('ECONNREFUSED')])
  expect([
    networkErrorCode(reset),
    networkErrorCode(new TypeError('fetch failed', { cause: reset })),
    networkErrorCode(new TypeError('fetch failed', { cause: both })),
    networkErrorCode(new TypeError('fetch failed', { cause: new Error('other side', { cause: reset }) })),
    networkErrorCode(new DOMException('too late', 'TimeoutError')),
    networkErrorCode(withCode('ABORT_ERR', new DOMException('too late', 'TimeoutError'))),
    networkErrorCode(new AggregateError([new Error('no code')], 'all failed', { cause: reset })),
    networkErrorCode('not even an error'),
  ]).toEqual([
    'ECONNRESET',
    'ECONNRESET',
    'ENETUNREACH',
    'ECONNRESET',
    'TimeoutError',
    'TimeoutError',
    'ECONNRESET',
    'unknown',
  ])
})

test('reads Retry-After as seconds or a date, with a maximum of one hour', () => {
  const nowMs = Date.UTC(2026, 0, 1)
  const read = (header: string | null | undefined) => retryAfterMs(header, undefined, nowMs)
  expect(['120', '0', '-5', '3600', '3601', 'Thu, 01 Jan 2026 00:01:00 GMT'].map(read)).toEqual([
    ...[120_000, 0, 0, 3_600_000, 3_600_000, 60_000],
  ])
  expect([
    read('Wed, 31 Dec 2025 00:00:00 GMT'),
    read('soon'),
    read(''),
    read(null),
    read(undefined),
  ]).toEqual([...[0, undefined, undefined, undefined, undefined]])
})
