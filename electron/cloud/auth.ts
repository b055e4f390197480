import * as v from 'valibot'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Team } from '../contract/account.ts'
import { visibleName, visibleText } from '../contract/visible-text.ts'
import { unrepeatableResponseTimeoutMs, type CloudClient, type Signer } from './client.ts'
import { paths, tokenPair, userProfile, type teamWire, type TokenPairWire } from './wire.ts'

export interface Profile {
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly teams: readonly Team[]
}

/** Signs in. The server deliberately returns the same 401 for four causes, so the failure names all of them. */
export async function login(
  client: CloudClient,
  email: string,
  password: string,
): Promise<Result<TokenPairWire>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.login,
    body: { email_address: email, user_password: password },
    responseSchema: tokenPair,
  })
  if (answer.ok || answer.failure.code !== 'signed-out') return answer
  return failed(failure('login-refused', {}, { serverMessage: answer.failure.serverMessage }))
}

/**
 * Exchanges a refresh token for a new pair. It is invalid once this succeeds: store the pair before using it.
 * Without the response the new pair is lost and the user has to sign in again, so a slow server gets more time
 * than usual.
 */
export function refresh(client: CloudClient, refreshToken: string): Promise<Result<TokenPairWire>> {
  return client.send({
    method: 'POST',
    path: paths.refresh,
    body: { refresh_token: refreshToken },
    responseSchema: tokenPair,
    responseTimeoutMs: unrepeatableResponseTimeoutMs,
  })
}

/**
 * Ends a session at the server: best effort, since the call is inferred and the result changes nothing.
 * Rejects when `signal` aborts.
 */
export async function logout(
  client: CloudClient,
  signer: Signer,
  refreshToken: string,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  return client.send({
    method: 'POST',
    path: paths.logout,
    body: { refresh_token: refreshToken },
    responseSchema: v.unknown(),
    signer,
    signal,
  })
}

/** The signed-in user, and the teams of a session. */
export async function fetchProfile(
  client: CloudClient,
  signer: Signer,
  signal?: AbortSignal,
): Promise<Result<Profile>> {
  const answer = await client.send({
    method: 'GET',
    path: paths.me,
    responseSchema: userProfile,
    signer,
    ...(signal ? { signal } : {}),
  })
  if (!answer.ok) return answer
  const { id, display_name, email_address, team_list } = answer.value
  return success({
    personId: id,
    name: visibleName(display_name || email_address),
    email: visibleText(email_address),
    teams: team_list.map(toTeam),
  })
}

/** Converts a team from the API. */
export function toTeam({ id, display_name: name, role }: v.InferOutput<typeof teamWire>): Team {
  return { id, name: visibleName(name || id), ...(role ? { role } : {}) }
}
