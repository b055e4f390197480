import type { Verification } from '../contract/verification.ts'
import type { Translate } from './messages.ts'

/** How the library's record compares with the file, one line each. Null: the app did not compare it. */
export function verificationLines(verification: Verification | null, t: Translate): readonly string[] {
  if (verification === null) return [t('verification.not-verified', { reason: 'earlier' })]
  switch (verification.kind) {
    case 'pending':
      return [t('verification.pending')]
    case 'verified':
      return [t('verification.verified')]
    case 'not-verified': {
      const line = t('verification.not-verified', { reason: verification.reason })
      return verification.isFinal ? [line] : [line, t('verification.again')]
    }
    case 'differs':
      return verification.differences.map(({ field, expected, found }) =>
        t('verification.difference', { field, expected, found }),
      )
  }
}
