import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/**
 * OpenSSL's codes for a chain with an unknown certificate authority (docs.openssl.org,
 * X509_STORE_CTX_get_error).
 */
const unknownAuthority: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
let trusted = false

/** Whether this thread trusts the system's certificate authorities. */
export const trustsSystemCertificates = () => trusted

/**
 * Makes this thread trust the system's certificate authorities, such as a company's own, after a certificate
 * of an unknown one. Returns whether that was the error, so that the request may be repeated. Not done
 * earlier, since reading them takes 100 ms.
 */
export function trustSystemCertificatesAfter(code: string): boolean {
  if (!unknownAuthority.has(code)) return false
  if (!trusted) setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')])
  trusted = true
  return true
}
