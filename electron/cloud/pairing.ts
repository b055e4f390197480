import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import type { Team } from '../contract/account.ts'
import { toTeam } from './auth.ts'
import { unrepeatableResponseTimeoutMs, type CloudClient, type Signer } from './client.ts'
import { actionResult, isDeviceKey, pairPoll, pairStart, paths, teamWire } from './wire.ts'

/** A pairing that the server has opened. */
export interface OpenedPairing {
  /** The secret half, which yields the key. In memory only, never logged. */
  readonly deviceCode: string
  readonly userCode: string
  readonly address: string
  readonly lifetimeMs: number
  /** The shortest interval between polls. */
  readonly intervalMs: number
}

/** Opens a pairing, without a sign-in. Rejects when `signal` aborts. */
export async function startPairing(client: CloudClient, signal: AbortSignal): Promise<Result<OpenedPairing>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.pairStart,
    responseSchema: pairStart,
    signal,
  })
  if (!answer.ok) return answer
  const { device_code, user_code, verification_uri, expires_in, interval } = answer.value
  return success({
    deviceCode: device_code,
    userCode: user_code,
    address: verification_uri,
    lifetimeMs: expires_in * 1000,
    intervalMs: interval * 1000,
  })
}

/**
 * Returns the device key of a confirmed pairing, or null until it is confirmed. The server returns the key
 * only once, so a slow one gets more time than usual; an expired, completed or unknown pairing is
 * `pairing-over`. The agent key in the same response is not read.
 */
export async function pollPairing(client: CloudClient, deviceCode: string): Promise<Result<string | null>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.pairPoll,
    body: { device_code: deviceCode },
    responseSchema: pairPoll,
    responseTimeoutMs: unrepeatableResponseTimeoutMs,
  })
  if (answer.ok) {
    const key = answer.value.raw_key ?? null
    return key === null || isDeviceKey(key)
      ? success(key)
      : failed(failure('not-the-api', {}, { detail: 'raw_key is no device key' }))
  }
  return answer.failure.code === 'not-found' ? failed(failure('pairing-over')) : answer
}

/**
 * The team of a device key; null when the server does not report it. The call is inferred, so a refusal says
 * nothing about the key and only temporary failures are returned.
 */
export async function currentTeam(client: CloudClient, signer: Signer): Promise<Result<Team | null>> {
  const answer = await client.send({
    method: 'GET',
    path: paths.currentTeam,
    responseSchema: teamWire,
    signer,
  })
  if (answer.ok) return success(toTeam(answer.value))
  const isTemporary = retryClassOf(answer.failure) === 'later' && answer.failure.code !== 'not-the-api'
  return isTemporary ? answer : success(null)
}

/**
 * Revokes a device's own key and its agent's key. A key that the server does not accept any more counts as
 * revoked. Rejects when `signal` aborts.
 */
export async function revokeDevice(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<void>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.revokeDevice,
    responseSchema: actionResult,
    signer,
    signal,
  })
  return answer.ok || answer.failure.code === 'signed-out' ? success(undefined) : answer
}
