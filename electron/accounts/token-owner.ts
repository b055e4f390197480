import { profileOf } from '../cloud/auth.ts'
import type { CloudClient } from '../cloud/client.ts'
import { success, type Result } from '../contract/failures.ts'
import type { Account } from '../contract/account.ts'
import { findKeyOwner } from './device-keys.ts'
import { parseDeviceKey } from './keys.ts'
import { fixedSigner } from './signers.ts'

/** The account that a token from outside, with nothing around it, is for. Keys that can't upload are not sent. */
export async function findTokenOwner(client: CloudClient, token: string): Promise<Result<Account>> {
  // The other kinds of key have a prefix; a session's token is a JWT (openapi.yaml, securitySchemes).
  if (/^(dk|sk|ak)-/.test(token)) {
    const key = parseDeviceKey(token)
    return key.ok ? findKeyOwner(client, key.value) : key
  }
  const profile = await profileOf(client, fixedSigner({ kind: 'session', token, teamId: null }))
  if (!profile.ok) return profile
  const { server } = client
  const id = accountIdFor(server, profile.value.personId)
  return success({ id, kind: 'session', server, ...profile.value, state: 'ready' })
}

/** The same person on the same server is the same account. */
export function accountIdFor(server: string, personId: string): string {
  return `${new URL(server).host} ${personId}`
}
