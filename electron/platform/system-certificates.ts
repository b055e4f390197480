import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** What OpenSSL says of a chain that ends at an authority it doesn't know (docs.openssl.org, X509_STORE_CTX_get_error). */
const unknownAuthority: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
let trusted = false

/** Whether this thread trusts the system's authorities by now. */
export const trustsSystemCertificates = () => trusted

/**
 * Makes this thread trust the system's authorities too, such as a company's own, when a certificate of an unknown one was
 * met; answers whether that was the trouble, so that what was begun before may end better now. Only then, since reading
 * them takes a tenth of a second.
 */
export function trustSystemCertificatesAfter(code: string): boolean {
  if (!unknownAuthority.has(code)) return false
  if (!trusted) setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')])
  trusted = true
  return true
}
