import { expect, test } from 'vitest'
import {
  trustSystemCertificatesAfter,
  trustsSystemCertificates,
} from '../../../../electron/platform/network/system-certificates.ts'

test.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ECONNRESET', ''])(
  'does not trust system certificates after %s',
  (code) => {
    expect([trustSystemCertificatesAfter(code), trustsSystemCertificates()]).toEqual([false, false])
  },
)

test.each([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])('trusts system certificates after %s', (code) => {
  expect([trustSystemCertificatesAfter(code), trustsSystemCertificates()]).toEqual([true, true])
})
