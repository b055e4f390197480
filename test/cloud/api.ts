import { createHash } from 'node:crypto'
import { accountById } from './accounts.ts'
import type { DemoAccount, DemoTeam } from './accounts.ts'
import { ApiError, NOT_FOUND, errorAnswer } from './api-error.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import type { Records } from './records.ts'
import type { Check } from './schemas.ts'
import type { Storage } from './storage.ts'
import type { Tokens } from './tokens.ts'

export type ApiContext = {
  readonly records: Records
  readonly tokens: Tokens
  readonly storage: Storage
  readonly settings: ApiSettings
  /** Whether an account is no longer a member of one of its teams. */
  hasLeft(userId: string, teamId: string): boolean
  /** The connected agents of a team. */
  agentsOf(teamId: string): readonly AgentRecord[]
  /** Origin of the pairing page; available once the server is listening. */
  origin(): string
  now(): number
}

/** An agent as the API lists it; members may be absent. */
export type AgentRecord = {
  readonly agent_id: string
  readonly agent_status: string
  readonly connected_at?: string
  readonly sync_detail?: string
  readonly sync_percent?: number
}

export type ApiSettings = {
  readonly partSizeBytes: number
  /**
   * Whether `upload_headers` contains signed headers; otherwise it is an empty map, which the API also
   * allows.
   */
  readonly signsHeaders: boolean
  /**
   * Whether registering reads the object and compares its SHA-256. The real server's behaviour is unknown.
   */
  readonly verifiesHash: boolean
  /** The deployment's limit; larger files get a 413. */
  readonly maximumFileBytes: number
  /**
   * Whether the deployment's licence includes custom models; without it every model operation returns 403.
   */
  readonly hasCustomModels: boolean
  /**
   * Members missing from the list of models, since the call is inferred; a single model's record has them.
   */
  readonly listLacks: readonly string[]
  readonly pairingSeconds: number
  readonly pollSeconds: number
}

export type CredentialKind = 'jwt' | 'dk'

export type Call<Body> = {
  readonly context: ApiContext
  readonly exchange: Exchange
  readonly body: Body
  /** Values of the `:name` segments in the route's path. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The signed-in account; throws if the operation is anonymous. */
  readonly person: DemoAccount
  /** The team of the request; throws if the operation has none. */
  readonly team: DemoTeam
  /** The credential as received. */
  readonly credential: string
}

export type Route = {
  /** The API's operationId. */
  readonly name: string
  readonly method: string
  readonly path: string
  /** Empty for anonymous operations. */
  readonly accepts: readonly CredentialKind[]
  readonly scope: 'none' | 'user' | 'team'
  /** Whether the role must be owner or admin. */
  readonly writes: boolean
  readonly query: readonly string[]
  run(exchange: Exchange, callWith: <Body>(body: Body) => Call<Body>): Promise<Answer>
}

type RouteParts<Body> = Pick<Route, 'name' | 'accepts'> & {
  /** Method and path, for instance `GET /models/:modelId`. */
  readonly at: string
  readonly scope?: Route['scope']
  readonly writes?: boolean
  readonly query?: readonly string[]
  readonly body?: Check<Body>
  handle(call: Call<Body>): Promise<Answer> | Answer
}

/** Defines an operation; a route without `body` rejects any body except an empty object. */
export function route<Body>(parts: RouteParts<Body>): Route {
  const [method = '', path = ''] = parts.at.split(' ')
  const { name, accepts, scope = 'none', writes = false, query = [] } = parts
  return {
    name,
    method,
    path,
    accepts,
    scope,
    writes,
    query,
    async run(exchange, callWith) {
      const value = await readJson(exchange)
      if (parts.body) return await parts.handle(callWith(parts.body(value)))
      if (value !== undefined && JSON.stringify(value) !== '{}') {
        throw new ApiError(400, 'invalid request: this operation takes no body')
      }
      return await parts.handle(callWith(undefined as Body))
    },
  }
}

/** Responds with the first matching route. Checks the credential, team, role and body, in this order. */
export function createApi(
  routes: readonly Route[],
  context: ApiContext,
): { handle: Handler; nameOf(method: string, url: URL): string } {
  return {
    nameOf: (method, url) => find(routes, method, url)?.route.name ?? 'unknown',
    async handle(exchange) {
      try {
        const found = find(routes, exchange.request.method ?? '', exchange.url)
        if (!found) {
          const known = routes.some((one) => match(one.path, exchange.url.pathname))
          throw known ? new ApiError(405, 'method not allowed') : new ApiError(404, NOT_FOUND)
        }
        return await answer(found, context, exchange)
      } catch (error) {
        if (error instanceof ApiError) return errorAnswer(error.status, error.message)
        throw error
      }
    },
  }
}

type Found = { readonly route: Route; readonly parameters: Record<string, string> }

async function answer(
  { route: one, parameters }: Found,
  context: ApiContext,
  exchange: Exchange,
): Promise<Answer> {
  const { searchParams } = exchange.url
  const sent = exchange.request.headers.authorization
  const credential = sent?.startsWith('Bearer ') ? sent.slice('Bearer '.length) : undefined
  const asked = one.accepts.length > 0 ? await identify(one, context, credential) : undefined
  const header = exchange.request.headers['x-team-id']
  const team = asked && one.scope === 'team' ? teamOf(asked, String(header ?? '')) : undefined
  if (one.path.startsWith('/api/v1/models') || one.path.startsWith('/api/v1/uploads')) {
    if (!context.settings.hasCustomModels) throw new ApiError(403, 'feature not licensed: custom_models')
  }
  if (one.writes && team?.role !== 'owner' && team?.role !== 'admin') throw new ApiError(403, 'forbidden')
  for (const name of searchParams.keys()) {
    if (!one.query.includes(name)) throw new ApiError(400, `invalid request: unknown parameter ${name}`)
  }
  return await one.run(exchange, (body) => ({
    context,
    exchange,
    parameters,
    body,
    query: searchParams,
    credential: credential ?? '',
    get person() {
      if (!asked) throw new Error(`${one.name} is anonymous`)
      return asked.person
    },
    get team() {
      if (!team) throw new Error(`${one.name} has no team`)
      return team
    },
  }))
}

type Asked = { readonly person: DemoAccount; readonly boundTeamId: string | undefined }

async function identify(one: Route, context: ApiContext, credential: string | undefined): Promise<Asked> {
  if (!credential) throw new ApiError(401, 'unauthorized')
  // No operation here accepts keys of agents (ak-) or services (sk-).
  if (/^(sk|ak)-/.test(credential)) throw new ApiError(403, 'credential kind not allowed')
  if (credential.startsWith('dk-')) {
    const device = context.records.device(hashKey(credential))
    if (!device) throw new ApiError(401, 'invalid credential')
    if (!one.accepts.includes('dk')) throw new ApiError(403, 'credential kind not allowed')
    return { person: known(context, device.userId), boundTeamId: device.teamId }
  }
  const userId = await context.tokens.userOf(credential)
  if (!one.accepts.includes('jwt')) throw new ApiError(403, 'credential kind not allowed')
  return { person: known(context, userId), boundTeamId: undefined }
}

function known(context: ApiContext, userId: string): DemoAccount {
  const person = accountById(userId)
  if (!person) throw new ApiError(401, 'unauthorized')
  return { ...person, teams: person.teams.filter(({ id }) => !context.hasLeft(userId, id)) }
}

/**
 * A device key is bound to its team and the header is ignored; a session must specify one of the account's
 * teams.
 */
function teamOf(asked: Asked, header: string): DemoTeam {
  const id = asked.boundTeamId ?? header
  if (id === '') throw new ApiError(400, 'X-Team-ID header is required')
  const team = asked.person.teams.find((one) => one.id === id)
  if (!team) throw new ApiError(403, 'forbidden')
  return team
}

/** Only the hash of a device key is stored. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

// A complete call with 10,000 parts is less than one megabyte.
const MAXIMUM_BODY_BYTES = 4 * 1024 * 1024

async function readJson(exchange: Exchange): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of exchange.body()) {
    size += chunk.length
    if (size > MAXIMUM_BODY_BYTES) throw new ApiError(413, 'request too large')
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  const type = exchange.request.headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) throw new ApiError(400, 'invalid request: body is not JSON')
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new ApiError(400, 'invalid request: body is not JSON')
  }
}

function find(routes: readonly Route[], method: string, url: URL): Found | undefined {
  for (const one of routes) {
    const parameters = one.method === method ? match(one.path, url.pathname) : undefined
    if (parameters) return { route: one, parameters }
  }
  return undefined
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? ''
    if (segment.startsWith(':')) parameters[segment.slice(1)] = value
    else if (segment !== value) return undefined
  }
  return parameters
}
