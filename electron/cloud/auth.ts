import * as v from 'valibot'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Team } from '../contract/account.ts'
import type { CloudClient, Signer } from './client.ts'
import { paths, tokenPair, userProfile, type teamWire, type TokenPairWire } from './wire.ts'

export interface Profile {
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly teams: readonly Team[]
}

/** Signs in. Four causes share one 401 by the server's design, so the failure names them all. */
export async function login(
  client: CloudClient,
  email: string,
  password: string,
): Promise<Result<TokenPairWire>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.login,
    body: { email_address: email, user_password: password },
    answer: tokenPair,
  })
  if (answer.ok || answer.failure.code !== 'signed-out') return answer
  return failed(failure('login-refused', {}, { detail: answer.failure.detail }))
}

/** Swaps a refresh token for a new pair. The token sent is dead once this succeeds: store the pair before using it. */
export function refresh(client: CloudClient, refreshToken: string): Promise<Result<TokenPairWire>> {
  return client.send({
    method: 'POST',
    path: paths.refresh,
    body: { refresh_token: refreshToken },
    answer: tokenPair,
  })
}

/**
 * Tells the server that a session is over: best effort, since the call is inferred and any answer means signed out. Rejects
 * when `signal` aborts.
 */
export async function logout(
  client: CloudClient,
  signer: Signer,
  refreshToken: string,
  signal: AbortSignal,
): Promise<void> {
  await client.send({
    method: 'POST',
    path: paths.logout,
    body: { refresh_token: refreshToken },
    answer: v.unknown(),
    signer,
    signal,
  })
}

/** Who is signed in, and the teams of a session. */
export async function profileOf(
  client: CloudClient,
  signer: Signer,
  signal?: AbortSignal,
): Promise<Result<Profile>> {
  const answer = await client.send({
    method: 'GET',
    path: paths.me,
    answer: userProfile,
    signer,
    ...(signal ? { signal } : {}),
  })
  if (!answer.ok) return answer
  const { id, display_name, email_address, team_list } = answer.value
  return success({
    personId: id,
    name: display_name || email_address,
    email: email_address,
    teams: team_list.map(teamOf),
  })
}

/** A team as the server sends it, by the names of our own. */
export function teamOf({ id, display_name: name, role }: v.InferOutput<typeof teamWire>): Team {
  return { id, name: name || id, ...(role ? { role } : {}) }
}
