import { isSamePerson, type SessionView } from './account.ts'
import type { Failure } from './failures.ts'

/** Size of the test upload, in bytes: large enough to measure the speed, and sent within seconds. */
export const storageTestBytes = 8_000_000

/** A running or finished storage test. */
export interface StorageTest {
  readonly state: 'running' | 'good' | 'bad' | 'cancelled'
  readonly sentBytes: number
  /** From the first presigned URL until storage had all bytes; 0 before the end. */
  readonly tookMs: number
  /** Why it is bad, or null. */
  readonly failure: Failure | null
  /** The uploaded parts could not be deleted yet; the app retries that. */
  readonly isLeft: boolean
}

/**
 * Why the test can't run, or null: `team` until the user has chosen one. It uploads parts, which need a
 * password sign-in and can be deleted without a trace.
 */
export function storageTestBlocker({ accounts, chosen }: SessionView): 'sign-in' | 'team' | 'device' | null {
  const chosenAccount = accounts.find(({ id }) => id === chosen?.accountId)
  if (!chosenAccount || !chosen) return accounts.some(({ state }) => state === 'ready') ? 'team' : 'sign-in'
  const hasPasswordSignIn = accounts.some(
    (account) =>
      account.kind === 'session' &&
      account.state === 'ready' &&
      isSamePerson(account, chosenAccount) &&
      account.teams.some(({ id }) => id === chosen.teamId),
  )
  if (hasPasswordSignIn) return null
  return chosenAccount.kind === 'device' && chosenAccount.state === 'ready' ? 'device' : 'sign-in'
}
