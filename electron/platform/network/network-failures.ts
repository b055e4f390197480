import { failure, type Failure, type FailureCode } from '../../contract/failures.ts'

/** Error codes of Node and OpenSSL (nodejs.org/api/errors.html). */
const known: Readonly<Record<string, FailureCode>> = {
  ENOTFOUND: 'name-not-found',
  EAI_AGAIN: 'name-not-found',
  ENETDOWN: 'offline',
  ENETUNREACH: 'offline',
  EHOSTUNREACH: 'offline',
  EADDRNOTAVAIL: 'offline',
  ENONET: 'offline',
  ECONNREFUSED: 'server-unreachable',
  ECONNRESET: 'connection-lost',
  ECONNABORTED: 'connection-lost',
  EPIPE: 'connection-lost',
  EPROTO: 'connection-lost',
  HPE_INVALID_CONSTANT: 'not-the-api',
  LOCAL_ADDRESS: 'name-not-found',
  RESPONSE_TOO_LONG: 'response-too-long',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-the-api',
  PROXY_SIGN_IN: 'proxy-sign-in',
  PROXY_TROUBLE: 'proxy-unreachable',
  PROXY_UNREACHABLE: 'proxy-unreachable',
  PROXY_REFUSED: 'proxy-refuses',
  ETIMEDOUT: 'timed-out',
  ESOCKETTIMEDOUT: 'timed-out',
  TimeoutError: 'timed-out',
  // nodejs.org/api/tls.html, "X509 certificate error codes", without `OUT_OF_MEM`.
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'certificate-untrusted',
  CERT_SIGNATURE_FAILURE: 'certificate-untrusted',
  CERT_CHAIN_TOO_LONG: 'certificate-untrusted',
  CERT_REVOKED: 'certificate-untrusted',
  CERT_UNTRUSTED: 'certificate-untrusted',
  CERT_REJECTED: 'certificate-untrusted',
  INVALID_CA: 'certificate-untrusted',
  INVALID_PURPOSE: 'certificate-untrusted',
  PATH_LENGTH_EXCEEDED: 'certificate-untrusted',
  UNABLE_TO_GET_CRL: 'certificate-untrusted',
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: 'certificate-untrusted',
  CRL_SIGNATURE_FAILURE: 'certificate-untrusted',
  CRL_NOT_YET_VALID: 'certificate-untrusted',
  CRL_HAS_EXPIRED: 'certificate-untrusted',
  ERROR_IN_CRL_LAST_UPDATE_FIELD: 'certificate-untrusted',
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: 'certificate-untrusted',
  // All other results of OpenSSL's check, such as a weak key or a name constraint (node: src/crypto).
  UNSPECIFIED: 'certificate-untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-name',
  HOSTNAME_MISMATCH: 'certificate-wrong-name',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 'certificate-expired',
  ERROR_IN_CERT_NOT_AFTER_FIELD: 'certificate-expired',
}

/**
 * The failure for an error code of the network stack; an unknown code counts as a lost connection, which is
 * retried. A failure at a proxy names the proxy, any other one the server.
 */
export function networkFailure(code: string, host: string, proxyHost: string | null = null): Failure {
  const [name = '', parameter = ''] = code.split(' ')
  const kind = known[name] ?? 'connection-lost'
  const detail = name === 'LOCAL_ADDRESS' ? `${host.replace(/:\d+$/, '')} resolves to ${parameter}` : code
  return failure(kind, proxyHost === null ? { host } : { host: proxyHost, server: host }, { detail })
}

/** Finds the code of a thrown network error, which may be in a nested `cause`. */
export function networkErrorCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const { code } = at as Error & { code?: unknown }
    // Node only reports an abort; its cause has the reason.
    if (typeof code === 'string' && code !== 'ABORT_ERR') return code
    if (at instanceof AggregateError) {
      const inner = networkErrorCode(at.errors[0])
      if (inner !== 'unknown') return inner
    }
    if (at.name === 'TimeoutError') return 'TimeoutError'
  }
  return 'unknown'
}

/**
 * Milliseconds of a Retry-After header, which holds seconds or an HTTP date (RFC 9110, 10.2.3), at most an
 * hour; undefined when it is absent or invalid.
 * @param date the Date header of the same response: this computer's clock (`nowMs`) may be wrong by hours
 */
export function retryAfterMs(
  header: string | null | undefined,
  date: string | undefined,
  nowMs: number,
): number | undefined {
  if (!header) return undefined
  const seconds = Number(header)
  const serverTimeMs = Date.parse(date ?? '')
  const startMs = Number.isNaN(serverTimeMs) ? nowMs : serverTimeMs
  const delay = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - startMs
  if (!Number.isFinite(delay)) return undefined
  return Math.min(Math.max(delay, 0), 3_600_000)
}
