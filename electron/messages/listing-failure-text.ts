import type { Failure, FailureCode } from '../contract/failures.ts'
import { failureText, type MessageKey, type Translate } from './messages.ts'

/** Codes whose own messages are about uploads. */
const keys: Partial<Readonly<Record<FailureCode, MessageKey>>> = {
  forbidden: 'library.why-forbidden-list',
  'not-found': 'library.why-unlisted',
}

/** The message for a library that can't be listed; null if the failure's own message fits. */
export const listingFailureKey = ({ code }: Failure): MessageKey | null => keys[code] ?? null

/** Why a library can't be listed. */
export function listingFailureText(failure: Failure, t: Translate): string {
  const key = listingFailureKey(failure)
  return key ? t(key) : failureText(failure, t)
}
