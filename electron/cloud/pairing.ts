import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import type { Team } from '../contract/account.ts'
import { teamOf } from './auth.ts'
import type { CloudClient, Signer } from './client.ts'
import { actionResult, pairPoll, pairStart, paths, teamWire } from './wire.ts'

/** A pairing that the server has opened. */
export interface OpenedPairing {
  /** The secret half: who has it is handed the key. Memory only, never logged. */
  readonly deviceCode: string
  readonly userCode: string
  readonly address: string
  readonly lastsMs: number
  /** Asked no oftener than this. */
  readonly intervalMs: number
}

/** Opens a pairing; nobody need be signed in. Rejects when `signal` aborts. */
export async function startPairing(client: CloudClient, signal: AbortSignal): Promise<Result<OpenedPairing>> {
  const answer = await client.send({ method: 'POST', path: paths.pairStart, answer: pairStart, signal })
  if (!answer.ok) return answer
  const { device_code, user_code, verification_uri, expires_in, interval } = answer.value
  return success({
    deviceCode: device_code,
    userCode: user_code,
    address: verification_uri,
    lastsMs: expires_in * 1000,
    intervalMs: interval * 1000,
  })
}

/**
 * Asks whether the pairing was confirmed: its device key, or null while it was not. The key is handed out by one answer
 * only; a pairing that ran out, was handed out or never was is `pairing-over`. The agent's key that comes with it is not
 * even read.
 */
export async function pollPairing(client: CloudClient, deviceCode: string): Promise<Result<string | null>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.pairPoll,
    body: { device_code: deviceCode },
    answer: pairPoll,
  })
  if (answer.ok) {
    const key = answer.value.raw_key ?? null
    const isKey = key === null || key.startsWith('dk-')
    return isKey ? success(key) : failed(failure('not-the-api', {}, { detail: 'raw_key is no dk-' }))
  }
  return answer.failure.code === 'not-found' ? failed(failure('pairing-over')) : answer
}

/**
 * The team that a device key serves; null when this server doesn't tell. An inferred call: a refusal says nothing about the
 * key, so that only trouble that passes is a failure.
 */
export async function currentTeam(client: CloudClient, signer: Signer): Promise<Result<Team | null>> {
  const answer = await client.send({ method: 'GET', path: paths.currentTeam, answer: teamWire, signer })
  if (answer.ok) return success(teamOf(answer.value))
  const passes = retryClassOf(answer.failure) === 'later' && answer.failure.code !== 'not-the-api'
  return passes ? answer : success(null)
}

/**
 * Lets a device revoke its own key, and its agent's key with it. A key that the server no longer knows counts as revoked.
 * Rejects when `signal` aborts.
 */
export async function revokeDevice(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<void>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.revokeDevice,
    answer: actionResult,
    signer,
    signal,
  })
  return answer.ok || answer.failure.code === 'signed-out' ? success(undefined) : answer
}
