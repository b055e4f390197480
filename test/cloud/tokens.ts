import { randomBytes, randomUUID } from 'node:crypto'
import { SignJWT, jwtVerify } from 'jose'
import { ApiError } from './api-error.ts'
import type { Records } from './records.ts'

export type TokenPair = {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

export type Tokens = {
  issue(userId: string): Promise<TokenPair>
  /** The user of a valid access token; throws a 401 otherwise. */
  userOf(accessToken: string): Promise<string>
  /**
   * Exchanges a refresh token for a new pair and invalidates it; throws a 401 if it was used or has expired.
   */
  rotate(refreshToken: string): Promise<TokenPair>
  /** Invalidates a refresh token; throws a 401 if it is already invalid. */
  spend(refreshToken: string): Promise<string>
}

export type TokenOptions = {
  readonly records: Records
  readonly accessSeconds: number
  readonly refreshSeconds: number
  now(): number
}

/** Sessions as documented by Cyberun Cloud: JWTs valid for one hour, and single-use refresh tokens. */
export function createTokens(options: TokenOptions): Tokens {
  const { records, now } = options
  const key = Buffer.from(
    records.setting('token-key', () => randomBytes(32).toString('hex')),
    'hex',
  )

  async function sign(userId: string, use: string, id: string, lifeSeconds: number): Promise<string> {
    const issuedAt = Math.floor(now() / 1000)
    return await new SignJWT({ use })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setJti(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifeSeconds)
      .sign(key)
  }

  async function read(token: string, use: string, refusal: string): Promise<{ userId: string; id: string }> {
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], currentDate: new Date(now()) })
      if (payload['use'] === use && payload.sub && payload.jti)
        return { userId: payload.sub, id: payload.jti }
    } catch {
      // Clients cannot distinguish expired, forged and malformed tokens.
    }
    throw new ApiError(401, refusal)
  }

  async function issue(userId: string): Promise<TokenPair> {
    const refreshId = randomUUID()
    const access_token = await sign(userId, 'access', randomUUID(), options.accessSeconds)
    const refresh_token = await sign(userId, 'refresh', refreshId, options.refreshSeconds)
    records.addRefreshToken(refreshId, userId)
    return { access_token, refresh_token, expires_in: options.accessSeconds }
  }

  async function spend(refreshToken: string): Promise<string> {
    const { userId, id } = await read(refreshToken, 'refresh', 'invalid refresh token')
    if (!records.useRefreshToken(id)) throw new ApiError(401, 'invalid refresh token')
    return userId
  }

  return {
    issue,
    spend,
    userOf: async (token) => (await read(token, 'access', 'unauthorized')).userId,
    rotate: async (token) => await issue(await spend(token)),
  }
}
