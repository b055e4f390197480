import type { SessionView } from './account.ts'
import type { Failure } from './failures.ts'
import { baseOf } from './servers.ts'

/** What is sent to storage and taken back, in bytes: 8 MiB tells the speed of a line and is gone in a moment. */
export const storageTestBytes = 8 * 1024 * 1024

/** How a test of the way to storage stands. */
export interface StorageTest {
  readonly state: 'running' | 'good' | 'bad' | 'cancelled'
  readonly sentBytes: number
  /** From the first permission to send until storage had everything, in ms; 0 before. */
  readonly tookMs: number
  /** Why it is bad. */
  readonly failure: Failure | null
  /** Storage could not be told to forget what it got; the app goes on telling it until it does. */
  readonly isLeft: boolean
}

/** Why nothing can be sent for a test, or null: parts, which leave nothing behind, take a sign-in by password. */
export function storageTestHindrance({ accounts, chosen }: SessionView): 'sign-in' | 'device' | null {
  const own = accounts.find(({ id }) => id === chosen?.accountId)
  if (!own || !chosen) return 'sign-in'
  const can = accounts.some(
    ({ kind, state, personId, server, teams }) =>
      kind === 'session' &&
      state === 'ready' &&
      personId === own.personId &&
      baseOf(server) === baseOf(own.server) &&
      teams.some(({ id }) => id === chosen.teamId),
  )
  if (can) return null
  return own.kind === 'device' && own.state === 'ready' ? 'device' : 'sign-in'
}
