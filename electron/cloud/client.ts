import * as v from 'valibot'
import {
  isConnectivityFailure,
  failed,
  failure,
  success,
  type Failure,
  type Result,
} from '../contract/failures.ts'
import { networkFailure, retryAfterMs } from '../platform/network-failures.ts'
import type { Environment } from '../platform/environment.ts'
import { directConnection, type ProxyResolver } from '../platform/proxy-resolver.ts'
import { exchange, type NoResponse, type HttpRequest, type HttpResponse } from './http-exchange.ts'
import { errorBody, teamHeader } from './wire.ts'

/** What a call is signed with. A device key serves one team by itself; a session names the team in a header. */
export type Credential =
  | { readonly kind: 'session'; readonly token: string; readonly teamId: string | null }
  | { readonly kind: 'device'; readonly token: string }

/** Where a call gets its credential, and a new one when the server says 401. */
export interface Signer {
  credential(): Promise<Result<Credential>>
  /** Renews what `stale` was; answers at once when somebody else has renewed it meanwhile. */
  renew(stale: Credential): Promise<Result<Credential>>
}

export interface Request<Schema extends v.GenericSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** What the answer must look like; unknown members are ignored. */
  readonly answer: Schema
  readonly signer?: Signer
  readonly signal?: AbortSignal
}

/** One Cyberun deployment. Holds no secret. */
export interface CloudClient {
  readonly server: string
  send<Schema extends v.GenericSchema>(request: Request<Schema>): Promise<Result<v.InferOutput<Schema>>>
  /** Whether the server shows any sign of life within seconds: whatever it answers, the line to it is there. */
  isThere(signal: AbortSignal): Promise<boolean>
  /** How far this computer's clock was ahead of the server's at its last answer, in ms; 0 before the first. */
  clockAheadMs(): number
}

interface Answered<T> {
  readonly result: Result<T>
  /** A 401: the credential may be renewed and the call repeated. */
  readonly unauthorised: boolean
}

/** A call without an answer by then is tried again: completing a large multipart may take minutes (openapi.yaml). */
const answerWithinMs = 300_000
/** A sign of life that takes longer is none: no byte of an upload would get through. */
const aliveWithinMs = 5_000
/** From here on a clock is told of in the log: storage refuses from 15 minutes on (RequestTimeTooSkewed). */
const noticedSkewMs = 5 * 60_000

/**
 * A client for `server` (a base URL such as `https://core.cyberun.cloud/api/v1`). Redirects are not followed, so that the
 * token never leaves for another origin. Every trouble is a failure value; a 401 is answered by one renewal and one repeat.
 */
export function createCloudClient(
  server: string,
  environment: Environment,
  proxies: ProxyResolver = directConnection,
): CloudClient {
  const base = server.replace(/\/+$/, '')
  let clockAheadMs = 0

  function compareClocks({ headers }: HttpResponse): void {
    const theirMs = Date.parse(headers.date ?? '')
    if (Number.isNaN(theirMs)) return
    const wasNoticed = Math.abs(clockAheadMs) > noticedSkewMs
    clockAheadMs = environment.now() - theirMs
    const isNoticed = Math.abs(clockAheadMs) > noticedSkewMs
    if (isNoticed && !wasNoticed)
      environment.log.warn('the clock differs from the server’s', { clockAheadMs })
  }

  async function sendOnce<Schema extends v.GenericSchema>(
    request: Request<Schema>,
    credential: Credential | null,
  ): Promise<Answered<v.InferOutput<Schema>>> {
    const url = new URL(base + request.path)
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
    const timeLimit = AbortSignal.timeout(answerWithinMs)
    const reply = await ask({
      method: request.method,
      url,
      headers: headersFor(credential, request.body !== undefined),
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal ? AbortSignal.any([request.signal, timeLimit]) : timeLimit,
    })
    if ('code' in reply) {
      request.signal?.throwIfAborted()
      environment.log.warn('no answer from the server', { path: request.path, code: reply.code })
      return { result: failed(networkFailure(reply.code, url.host, reply.proxyHost)), unauthorised: false }
    }
    if (isSuccess(reply)) return { result: parseAnswer(reply, request.answer), unauthorised: false }
    const reason = refusal(reply, credential, environment.now())
    environment.log.warn('the server refused', {
      path: request.path,
      status: reply.status,
      code: reason.code,
    })
    return { result: failed(reason), unauthorised: reply.status === 401 }
  }

  async function ask(question: HttpRequest): Promise<HttpResponse | NoResponse> {
    const reply = await exchange(question, proxies)
    if (!('code' in reply)) compareClocks(reply)
    return reply
  }

  return {
    server: base,
    clockAheadMs: () => clockAheadMs,
    async isThere(signal) {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(aliveWithinMs)])
      const question = { method: 'GET', url: new URL(base), headers: {}, body: null, signal: inTime } as const
      const reply = await exchange(question, proxies)
      // Somebody did answer when a certificate is wrong; the uploads then say so themselves.
      return !('code' in reply) || !isConnectivityFailure(networkFailure(reply.code, ''))
    },
    async send(request) {
      if (!request.signer) return (await sendOnce(request, null)).result
      const credential = await request.signer.credential()
      if (!credential.ok) return credential
      const first = await sendOnce(request, credential.value)
      if (!first.unauthorised) return first.result
      const renewed = await request.signer.renew(credential.value)
      if (!renewed.ok) return renewed
      return (await sendOnce(request, renewed.value)).result
    },
  }
}

function headersFor(credential: Credential | null, hasBody: boolean): Record<string, string> {
  return {
    Accept: 'application/json',
    ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
    ...(credential ? { Authorization: `Bearer ${credential.token}` } : {}),
    ...(credential?.kind === 'session' && credential.teamId !== null
      ? { [teamHeader]: credential.teamId }
      : {}),
  }
}

const isSuccess = ({ status }: HttpResponse) => status >= 200 && status < 300

function parseAnswer<Schema extends v.GenericSchema>(
  { headers, text }: HttpResponse,
  schema: Schema,
): Result<v.InferOutput<Schema>> {
  let body: unknown
  try {
    body = text === '' ? {} : JSON.parse(text)
  } catch {
    const isPage = /html/i.test(headers['content-type'] ?? '') || /^\s*</.test(text)
    const detail = `the answer is not JSON: ${text.length} characters`
    return failed(failure(isPage ? 'not-the-api' : 'answer-garbled', {}, { detail }))
  }
  const parsed = v.safeParse(schema, body)
  if (parsed.success) return success(parsed.output)
  const issue = parsed.issues[0]
  return failed(
    failure('not-the-api', {}, { detail: `${v.getDotPath(issue) ?? 'answer'}: ${issue.message}` }),
  )
}

/**
 * Decides by status; the text is only shown (NOTES.md: there is no machine-readable code). But that something is gone is
 * believed of the API alone: a gateway that is being set up anew says 404 to everything.
 */
function refusal(
  { status, headers, text }: HttpResponse,
  credential: Credential | null,
  nowMs: number,
): Failure {
  const detail = serverWords(text)
  const extras = { detail, retryAfterMs: retryAfterMs(headers['retry-after'], nowMs) }
  switch (status) {
    case 400:
    case 422:
      return failure('bad-request', {}, extras)
    case 401:
      return failure('signed-out', {}, extras)
    case 403:
      return isOfTeam(credential)
        ? failure('forbidden', { team: '' }, extras)
        : failure('sign-in-forbidden', {}, extras)
    case 404:
    case 410:
      if (detail === undefined) return failure('not-the-api', {}, { detail: `HTTP ${status}` })
      return failure('not-found', {}, extras)
    case 405:
      return failure('not-found', {}, extras)
    case 409:
      return failure('conflict', {}, extras)
    case 413:
      return failure('too-large-for-server', { sizeBytes: 0 }, extras)
    case 429:
      return failure('rate-limited', {}, extras)
  }
  // A redirect or any other status under 400 is a captive portal or a wrong address, never this API.
  if (status < 400) return failure('not-the-api', {}, { detail: `HTTP ${status}` })
  if (status < 500 && status !== 408) return failure('bad-request', {}, extras)
  return failure('server-trouble', { status }, extras)
}

const bareNotFound: ReadonlySet<string | undefined> = new Set(['HTTP 404', 'HTTP 410'])

/**
 * Whether a server may lack a call: a router says a bare 404 to a path that it doesn't know, as a gateway that is being set up says
 * to everything. Only for calls that are inferred, and where something else is asked next.
 */
export const mayLackCall = ({ code, detail }: Failure): boolean =>
  code === 'not-found' || (code === 'not-the-api' && bareNotFound.has(detail))

/** Before somebody is signed in, and for who they are, no team is meant. */
const isOfTeam = (credential: Credential | null) =>
  credential !== null && (credential.kind === 'device' || credential.teamId !== null)

function serverWords(text: string): string | undefined {
  try {
    const parsed = v.safeParse(errorBody, JSON.parse(text))
    return parsed.success ? parsed.output.error_message : undefined
  } catch {
    return undefined
  }
}
