import { fetchProfile } from '../cloud/auth.ts'
import type { CloudClient } from '../cloud/client.ts'
import type { Account } from '../contract/account.ts'
import { success, type Result } from '../contract/failures.ts'
import { fixedSigner } from './signers.ts'

/**
 * The account of an access token. The same user on the same server gets the same id, so that waiting
 * uploads find it.
 */
export async function findSessionOwner(
  client: CloudClient,
  token: string,
  signal?: AbortSignal,
): Promise<Result<Account>> {
  const profile = await fetchProfile(client, fixedSigner({ kind: 'session', token, teamId: null }), signal)
  if (!profile.ok) return profile
  const { server } = client
  const id = `${new URL(server).host} ${profile.value.personId}`
  return success({ id, kind: 'session', server, ...profile.value, state: 'ready' })
}
