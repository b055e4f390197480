import * as v from 'valibot'
import {
  isConnectivityFailure,
  failed,
  failure,
  success,
  type Failure,
  type FailureExtras,
  type Result,
} from '../contract/failures.ts'
import { serverAddressOf } from '../contract/servers.ts'
import { isAborted } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import { networkFailure, retryAfterMs } from '../platform/network/network-failures.ts'
import type { Environment, Timers } from '../platform/environment.ts'
import { directConnection, type ProxyResolver } from '../platform/network/proxy-resolver.ts'
import { redactText, secretsIn, withoutSecrets } from '../platform/redact.ts'
import { exchange, type NoResponse, type HttpRequest, type HttpResponse } from './http-exchange.ts'
import { errorBody, teamHeader } from './wire.ts'

/** The credential of a request. A device key belongs to one team; a session names the team in a header. */
export type Credential =
  | { readonly kind: 'session'; readonly token: string; readonly teamId: string | null }
  | { readonly kind: 'device'; readonly token: string }

/** Provides the credential of a request, and a new one after a 401. */
export interface Signer {
  credential(): Promise<Result<Credential>>
  /** Returns a credential newer than `stale`, at once if it was renewed meanwhile. */
  renew(stale: Credential): Promise<Result<Credential>>
  /**
   * Notes that the server refused a credential that `renew` has returned. Returns the credential of a later
   * sign-in; `signed-out` when there is none.
   */
  replacementFor(refused: Credential): Promise<Result<Credential>>
}

export interface Request<Schema extends v.GenericSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** Unknown members of the response are ignored. */
  readonly responseSchema: Schema
  readonly signer?: Signer
  readonly signal?: AbortSignal
  /** Time until the first byte of the response, in ms; 30 s by default, which suits calls that may be repeated. */
  readonly responseTimeoutMs?: number
}

/** One Cyberun deployment. Holds no secret. */
export interface CloudClient {
  readonly server: string
  send<Schema extends v.GenericSchema>(request: Request<Schema>): Promise<Result<v.InferOutput<Schema>>>
  /** Whether the server responds at all within seconds, whatever the response is. */
  isReachable(signal: AbortSignal): Promise<boolean>
  /**
   * How far this computer's clock was ahead of the server's at its last response, in ms; 0 before the first.
   */
  clockAheadMs(): number
}

/**
 * Time until the first byte of a response, including the connection. A call that takes longer is repeated
 * after checking, where necessary, whether it was performed.
 */
const defaultResponseTimeoutMs = 30_000
/**
 * The same for a call whose result can't be found out later: a repetition would lose or duplicate what the first
 * one has done. Gateways usually give up earlier and answer 504.
 */
export const unrepeatableResponseTimeoutMs = 120_000
/** Time for the rest of a response: a page of 100 models (60 kB) takes as long at 1 kB/s. */
const bodyTimeoutMs = 60_000
/** With a slower response no upload would make progress. */
const reachabilityTimeoutMs = 5_000
/** A larger clock difference is logged: storage refuses from 15 minutes on (RequestTimeTooSkewed). */
const loggedSkewMs = 5 * 60_000

/**
 * A client for `server` (a base URL such as `https://core.cyberun.cloud/api/v1`). Redirects are not followed,
 * so that the token is never sent to another origin. Errors are returned as failures; after a 401 of the API the
 * credential is renewed once.
 */
export function createCloudClient(
  server: string,
  environment: Environment,
  proxies: ProxyResolver = directConnection,
): CloudClient {
  const base = server.replace(/\/+$/, '')
  let clockAheadMs = 0

  function compareClocks({ headers }: HttpResponse): void {
    const serverTimeMs = Date.parse(headers.date ?? '')
    if (Number.isNaN(serverTimeMs)) return
    const wasLarge = Math.abs(clockAheadMs) > loggedSkewMs
    clockAheadMs = environment.now() - serverTimeMs
    const isLarge = Math.abs(clockAheadMs) > loggedSkewMs
    if (isLarge && !wasLarge) environment.log.warn('the clock differs from the server’s', { clockAheadMs })
  }

  async function sendOnce<Schema extends v.GenericSchema>(
    request: Request<Schema>,
    credential: Credential | null,
  ): Promise<Result<v.InferOutput<Schema>>> {
    const url = new URL(base + request.path)
    // An id of dots would lead to another operation.
    if (!url.pathname.endsWith(request.path)) return failed(failure('not-found'))
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
    const limit = startTimeLimit(environment.timers, request.responseTimeoutMs ?? defaultResponseTimeoutMs)
    const reply = await exchangeAndCompareClocks({
      method: request.method,
      url,
      headers: headersFor(credential, request.body !== undefined),
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal,
      onResponse: () => limit.restart(bodyTimeoutMs),
    }).finally(limit.end)
    if ('code' in reply) {
      request.signal?.throwIfAborted()
      environment.log.warn('no response from the server', { path: request.path, code: reply.code })
      return failed(networkFailure(reply.code, url.host, reply.proxyHost))
    }
    if (isSuccess(reply)) return parseAnswer(reply, request.responseSchema)
    const secrets = [...(credential ? [credential.token] : []), ...secretsIn(request.body)]
    const serverMessage = errorMessageOf(reply.text, secrets)
    const reason = refusal(reply, serverMessage, { ...request, credential }, environment.now())
    environment.log.warn('the server rejected a request', {
      path: request.path,
      status: reply.status,
      code: reason.code,
    })
    return failed(reason)
  }

  async function exchangeAndCompareClocks(request: HttpRequest): Promise<HttpResponse | NoResponse> {
    const reply = await exchange(request, proxies)
    if (!('code' in reply)) compareClocks(reply)
    return reply
  }

  return {
    server: base,
    clockAheadMs: () => clockAheadMs,
    async isReachable(signal) {
      const reply = await exchange(
        {
          method: 'GET',
          url: new URL(base),
          headers: {},
          body: null,
          signal: AbortSignal.any([signal, AbortSignal.timeout(reachabilityTimeoutMs)]),
        },
        proxies,
      )
      // With an invalid certificate the server is reachable; the uploads report the certificate themselves.
      return !('code' in reply) || !isConnectivityFailure(networkFailure(reply.code, ''))
    },
    async send(request) {
      const { signer, signal } = request
      if (!signer) return sendOnce(request, null)
      // An account that an earlier version stored may have an http server on another computer.
      if (serverAddressOf(server) === null) return failed(failure('bad-server-address'))
      const credential = await rejectOnAbort(signer.credential(), signal)
      if (!credential.ok) return credential
      let result = await sendOnce(request, credential.value)
      if (!isUnauthorised(result)) return result
      // The loop ends because each replacement comes from another sign-in.
      for (let next = await rejectOnAbort(signer.renew(credential.value), signal); ;) {
        if (!next.ok) return next
        result = await sendOnce(request, next.value)
        if (!isUnauthorised(result)) return result
        next = await rejectOnAbort(signer.replacementFor(next.value), signal)
        if (!next.ok) return result
      }
    },
  }
}

/** Rejects when `signal` aborts, like an exchange. A refresh continues, since other requests share it. */
async function rejectOnAbort(
  pending: Promise<Result<Credential>>,
  signal: AbortSignal | undefined,
): Promise<Result<Credential>> {
  if (!signal) return pending
  const result = await raceAbort(pending, signal)
  if (isAborted(result)) throw signal.reason as Error
  return result
}

/** A 401 of the API: the credential may be renewed and the request repeated. */
const isUnauthorised = (result: Result<unknown>) => !result.ok && result.failure.code === 'signed-out'

/** A signal that aborts with a TimeoutError after `firstMs`, unless the limit is restarted or ended before. */
function startTimeLimit(timers: Timers, firstMs: number) {
  const controller = new AbortController()
  const start = (limitMs: number) =>
    timers.after(limitMs, () => controller.abort(new DOMException('the response is late', 'TimeoutError')))
  let cancel = start(firstMs)
  return {
    signal: controller.signal,
    restart(limitMs: number): void {
      cancel()
      cancel = start(limitMs)
    },
    end: () => cancel(),
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
  // Not the issue's message: it quotes the value, which may be a token.
  const expected = issue.expected ?? issue.type
  return failed(failure('not-the-api', {}, { detail: `${v.getDotPath(issue) ?? 'answer'}: not ${expected}` }))
}

/**
 * Decides by status; the text is only shown, since no machine-readable code is documented. A 401, 404 or 405
 * without a message of the API comes from a gateway, for example one with a sign-in of its own or one that is
 * being reconfigured: it does not mean that the session has ended or that something is deleted.
 */
function refusal(
  { status, headers }: HttpResponse,
  serverMessage: string | undefined,
  { path, credential }: { readonly path: string; readonly credential: Credential | null },
  nowMs: number,
): Failure {
  const extras = { serverMessage, retryAfterMs: retryAfterMs(headers['retry-after'], headers.date, nowMs) }
  switch (status) {
    case 401:
      return serverMessage ? failure('signed-out', {}, extras) : notFromApi(status)
    case 403:
      return concernsSignIn(path) || !hasTeam(credential)
        ? failure('sign-in-forbidden', {}, extras)
        : failure('forbidden', { team: '' }, extras)
    case 404:
    case 405:
    case 410:
      return serverMessage === undefined ? notFromApi(status) : notFound(status, extras)
    case 429:
      return failure('rate-limited', {}, extras)
    case 408:
      return failure('server-trouble', { status }, extras)
  }
  // This API never redirects: another status below 400 comes from a captive portal or a wrong address.
  if (status < 400) return notFromApi(status)
  if (status >= 500) return failure('server-trouble', { status }, extras)
  return concernsSignIn(path) ? failure('request-refused', {}, extras) : uploadRefusal(status, extras)
}

function uploadRefusal(status: number, extras: FailureExtras): Failure {
  if (status === 409) return failure('conflict', {}, extras)
  return status === 413
    ? failure('too-large-for-server', { sizeBytes: 0 }, extras)
    : failure('bad-request', {}, extras)
}

/** Calls for signing in and for the profile send no file, and no name, type or path that the user could change. */
const concernsSignIn = (path: string) => /^\/(?:auth|desktop|users|teams)\//.test(path)

const notFromApi = (status: number) => failure('not-the-api', {}, { detail: `HTTP ${status}` })

const methodNotAllowed = 'HTTP 405'
const notFound = (status: number, extras: FailureExtras) =>
  failure('not-found', {}, status === 405 ? { ...extras, detail: methodNotAllowed } : extras)
const bareNotFound: ReadonlySet<string | undefined> = new Set(['HTTP 404', 'HTTP 410', methodNotAllowed])

/**
 * Whether the server may not support a call: a router answers an unknown path with a bare 404 or 405, as does
 * a gateway while it is being reconfigured. Only for inferred calls whose meaning is then checked by another
 * request.
 */
export const mayBeUnsupported = ({ code, detail }: Failure): boolean =>
  code === 'not-found' || (code === 'not-the-api' && bareNotFound.has(detail))

/**
 * Whether the server lacks a documented call: 405, 501, or a bare 404. A 404 with a message of the API concerns
 * the resource instead.
 */
export const isUnsupported = (met: Failure): boolean =>
  (mayBeUnsupported(met) && !isResourceMissing(met)) ||
  (met.code === 'server-trouble' && met.params['status'] === 501)

const isResourceMissing = ({ code, detail }: Failure) => code === 'not-found' && detail !== methodNotAllowed

/** Requests for signing in and for the profile belong to no team. */
const hasTeam = (credential: Credential | null) =>
  credential !== null && (credential.kind === 'device' || credential.teamId !== null)

/** Longer than what is shown of it (`harmlessText`), and short enough to be processed at once. */
const maxErrorMessageLength = 2_000

function errorMessageOf(text: string, secrets: readonly string[]): string | undefined {
  try {
    const parsed = v.safeParse(errorBody, JSON.parse(text))
    // A server may repeat a key or password of the request.
    return parsed.success
      ? redactText(withoutSecrets(parsed.output.error_message, secrets).slice(0, maxErrorMessageLength))
      : undefined
  } catch {
    return undefined
  }
}
