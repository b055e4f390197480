import type { Credential, Signer } from '../cloud/client.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Session } from './session.ts'

/** A signer that cannot renew: a device key, or a token that was given for this run. */
export function fixedSigner(credential: Credential): Signer {
  return {
    credential: async () => success(credential),
    renew: async () => failed(failure('signed-out')),
    replacementFor: async () => failed(failure('signed-out')),
  }
}

/**
 * Signs with a device key, read when first needed. `readReplacement` looks for a newer key once the server
 * refuses it.
 */
export function deviceSigner(
  readKey: () => Promise<Result<string>>,
  readReplacement: (refusedKey: string) => Promise<Result<string>>,
): Signer {
  const asCredential = (key: Result<string>): Result<Credential> =>
    key.ok ? success({ kind: 'device', token: key.value }) : key
  return {
    credential: async () => asCredential(await readKey()),
    renew: async (stale) => asCredential(await readReplacement(stale.token)),
    replacementFor: async (refused) => asCredential(await readReplacement(refused.token)),
  }
}

/** Signs with the tokens of an account's current session for one team, or without a team (`/users/me`). */
export function sessionSigner(session: () => Session, teamId: string | null): Signer {
  const asCredential = (token: Result<string>): Result<Credential> =>
    token.ok ? success({ kind: 'session', token: token.value, teamId }) : token
  return {
    credential: async () => asCredential(await session().token()),
    renew: async (stale) => asCredential(await session().renew(stale.token)),
    replacementFor: async (refused) => asCredential(await session().replacementFor(refused.token)),
  }
}
