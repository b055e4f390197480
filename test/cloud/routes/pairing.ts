import { randomBytes, randomInt } from 'node:crypto'
import type { DemoAccount } from '../accounts.ts'
import { ApiError, NOT_FOUND, jsonAnswer } from '../api-error.ts'
import { hashKey, route } from '../api.ts'
import type { ApiContext, Route } from '../api.ts'
import { pairConfirmRequest, pairPollRequest } from '../schemas.ts'

// Without 0, O, 1, I and L, which are easily confused.
const CODE_LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

function newUserCode(): string {
  const letters = Array.from({ length: 8 }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)])
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
}

/** Confirms a waiting pairing; throws a 404 if the code is unknown, expired or already confirmed. */
export function confirmPairing(
  context: Pick<ApiContext, 'records' | 'now'>,
  userCode: string,
  person: DemoAccount,
  teamId: string,
): void {
  if (!person.teams.some((team) => team.id === teamId)) throw new ApiError(403, 'forbidden')
  if (!context.records.confirmPairing(userCode.trim().toUpperCase(), person.id, teamId, context.now())) {
    throw new ApiError(404, NOT_FOUND)
  }
}

/** Obtaining a device key through the browser. */
export const pairingRoutes: readonly Route[] = [
  route({
    name: 'startPairing',
    at: 'POST /api/v1/desktop/pair/start',
    accepts: [],
    handle({ context }) {
      const { pairingSeconds, pollSeconds } = context.settings
      const deviceCode = randomBytes(24).toString('base64url')
      const userCode = newUserCode()
      context.records.addPairing(deviceCode, userCode, context.now() + pairingSeconds * 1000)
      return jsonAnswer(200, {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: `${context.origin()}/desktop/pair?user_code=${userCode}`,
        expires_in: pairingSeconds,
        interval: pollSeconds,
      })
    },
  }),
  route({
    name: 'pollPairing',
    at: 'POST /api/v1/desktop/pair/poll',
    accepts: [],
    body: pairPollRequest,
    handle({ context: { records, now }, body }) {
      const pairing = records.pairing(body.device_code)
      if (!pairing || pairing.expiresAt <= now()) throw new ApiError(404, NOT_FOUND)
      const { userId, teamId } = pairing
      if (userId === null || teamId === null) return jsonAnswer(200, { status: 'pending' })
      const key = `dk-${randomBytes(24).toString('base64url')}`
      records.addDevice({ keyHash: hashKey(key), userId, teamId })
      // The key is returned once, so the pairing is deleted.
      records.removePairing(body.device_code)
      const agentKey = `ak-${randomBytes(24).toString('base64url')}`
      return jsonAnswer(200, { status: 'approved', raw_key: key, agent_key: agentKey })
    },
  }),
  route({
    name: 'confirmPairing',
    at: 'POST /api/v1/desktop/pair/confirm',
    accepts: ['jwt'],
    scope: 'team',
    body: pairConfirmRequest,
    handle({ context, person, team, body }) {
      confirmPairing(context, body.user_code, person, team.id)
      return jsonAnswer(200, { is_success: true })
    },
  }),
]
