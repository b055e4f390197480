import { timingSafeEqual } from 'node:crypto'
import { accountByEmail } from '../accounts.ts'
import type { DemoAccount } from '../accounts.ts'
import { ApiError, jsonAnswer } from '../api-error.ts'
import { hashKey, route } from '../api.ts'
import type { Route } from '../api.ts'
import { loginRequest, refreshRequest } from '../schemas.ts'

/**
 * The account with these credentials, or undefined; a wrong password is not distinguished from an unknown
 * address.
 */
export function authenticate(email: string, password: string): DemoAccount | undefined {
  const account = accountByEmail(email)
  const fits = timingSafeEqual(
    Buffer.from(hashKey(password), 'hex'),
    Buffer.from(hashKey(account?.password ?? ''), 'hex'),
  )
  return account && fits ? account : undefined
}

/** Signing in and out, the profile and the current team. */
export const sessionRoutes: readonly Route[] = [
  route({
    name: 'login',
    at: 'POST /api/v1/auth/login',
    accepts: [],
    body: loginRequest,
    async handle({ context, body }) {
      const account = authenticate(body.email_address, body.user_password)
      if (!account) throw new ApiError(401, 'invalid email or password')
      return jsonAnswer(200, await context.tokens.issue(account.id))
    },
  }),
  route({
    name: 'refresh',
    at: 'POST /api/v1/auth/refresh',
    accepts: [],
    body: refreshRequest,
    handle: async ({ context, body }) => jsonAnswer(200, await context.tokens.rotate(body.refresh_token)),
  }),
  route({
    name: 'logout',
    at: 'POST /api/v1/auth/logout',
    accepts: ['jwt'],
    scope: 'user',
    body: refreshRequest,
    async handle({ context, body }) {
      await context.tokens.spend(body.refresh_token)
      return jsonAnswer(200, { is_success: true })
    },
  }),
  route({
    name: 'revokeOwnDevice',
    at: 'POST /api/v1/auth/device/revoke',
    accepts: ['dk'],
    scope: 'user',
    handle({ context, credential }) {
      context.records.removeDevice(hashKey(credential))
      return jsonAnswer(200, { is_success: true })
    },
  }),
  route({
    name: 'getCurrentUser',
    at: 'GET /api/v1/users/me',
    accepts: ['jwt', 'dk'],
    scope: 'user',
    handle: ({ context, person }) => jsonAnswer(200, profileOf(person, context.settings.hasCustomModels)),
  }),
  route({
    name: 'getCurrentTeam',
    at: 'GET /api/v1/teams/current',
    accepts: ['jwt', 'dk'],
    scope: 'team',
    handle: ({ team }) => jsonAnswer(200, { id: team.id, display_name: team.displayName }),
  }),
]

function profileOf(person: DemoAccount, hasCustomModels: boolean) {
  const features = { features: { custom_models: hasCustomModels }, quotas: {} }
  return {
    id: person.id,
    first_name: person.firstName,
    last_name: person.lastName,
    display_name: person.displayName,
    email_address: person.email,
    // As in the public documentation, the response does not contain the role.
    team_list: person.teams.map((team) => ({ id: team.id, display_name: team.displayName })),
    feature_flags: {
      global: { features: { registration: true }, quotas: { max_teams: -1 } },
      account: { features: { manual_team_creation: true }, quotas: { max_owned_teams: 3 } },
      teams: Object.fromEntries(person.teams.map((team) => [team.id, features])),
    },
  }
}
