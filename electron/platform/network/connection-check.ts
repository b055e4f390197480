import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import type { ConnectionCheck, ConnectionStep, StepResult } from '../../contract/diagnostics.ts'
import { isConnectivityFailure, failure, type Failure } from '../../contract/failures.ts'
import { clockIsOffMs, type ServerCheck } from '../../contract/servers.ts'
import type { SessionView } from '../../contract/account.ts'

/** A server that has not accepted a connection by then counts as unreachable. */
const defaultConnectTimeoutMs = 8_000

interface ConnectionCheckOptions {
  readonly server: string
  readonly askServer: () => Promise<ServerCheck>
  readonly session: () => SessionView
  /** Why a token given from outside was refused. */
  readonly refused?: Failure | null
  /** Checks at the server that the sign-ins are still valid. */
  readonly confirmSignIns?: () => Promise<void>
  readonly onProgress: (check: ConnectionCheck) => void
  readonly connectTimeoutMs?: number
}

/**
 * Checks the connection to the server step by step, and reports each step. What can't be tested is reported
 * as skipped.
 */
export async function checkConnection(options: ConnectionCheckOptions): Promise<ConnectionCheck> {
  const { connectTimeoutMs = defaultConnectTimeoutMs } = options
  const { hostname, port, protocol } = new URL(options.server)
  const host = withoutBrackets(hostname)
  let check: ConnectionCheck = { host, results: [], isOver: false }
  function add(...results: readonly StepResult[]): void {
    check = { ...check, results: [...check.results, ...results] }
    options.onProgress(check)
  }

  options.onProgress(check)
  const found = await options.askServer()
  const { proxy } = found
  // The proxy resolves the server's name, so that this computer only connects to the proxy.
  const endpoint = proxy === null ? { host, port: Number(port) || defaultPort(protocol) } : endpointOf(proxy)
  const [address] = await addressesOf(endpoint.host)
  add(
    nameStep(endpoint.host, address),
    step('proxy', proxy === null ? 'skipped' : 'good', { proxy: proxy ?? '' }),
  )
  const answer = address === undefined ? null : await connectTo(endpoint, connectTimeoutMs)
  add(connectStep(endpoint, answer))
  add(...serverSteps(found, typeof answer === 'number'))
  if (found.isApi) await options.confirmSignIns?.()
  add(signInStep(options.session(), found.isApi, options.refused ?? null))
  check = { ...check, isOver: true }
  options.onProgress(check)
  return check
}

const step = (
  name: ConnectionStep,
  outcome: StepResult['outcome'],
  params: StepResult['params'] = {},
  reason: Failure | null = null,
): StepResult => ({ step: name, outcome, params, failure: reason })

const defaultPort = (protocol: string) => (protocol === 'http:' ? 80 : 443)

interface Endpoint {
  readonly host: string
  readonly port: number
}

function nameStep(host: string, address: string | undefined): StepResult {
  return address === undefined
    ? step('name', 'bad', { host }, failure('name-not-found', { host }))
    : step('name', 'good', { host, address })
}

function connectStep(endpoint: Endpoint, answer: PortAnswer | null): StepResult {
  if (answer === null) return step('connect', 'skipped', { ...endpoint })
  if (typeof answer === 'string') return step('connect', 'bad', { ...endpoint, answer })
  return step('connect', 'good', { ...endpoint, ms: Math.max(1, Math.round(answer)) })
}

/** `URL` keeps the brackets of an IPv6 address, which a lookup does not accept. */
const withoutBrackets = (hostname: string) => hostname.replace(/^\[|\]$/g, '')

function endpointOf(proxy: string): Endpoint {
  const { hostname, port, protocol } = new URL(proxy)
  return {
    host: withoutBrackets(hostname),
    port: Number(port) || (protocol.startsWith('socks') ? 1080 : defaultPort(protocol)),
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

/** How long connecting takes, in ms; `refused` when it fails, and `none` when nothing answers in time. */
type PortAnswer = number | 'refused' | 'none'

async function connectTo({ host, port }: Endpoint, timeoutMs: number): Promise<PortAnswer> {
  const startedAtMs = performance.now()
  const { promise, resolve } = Promise.withResolvers<PortAnswer>()
  const socket = connect({ host, port, timeout: timeoutMs })
  socket.once('connect', () => resolve(performance.now() - startedAtMs))
  socket.once('timeout', () => resolve('none'))
  socket.once('error', () => resolve('refused'))
  const answer = await promise
  socket.destroy()
  return answer
}

/** The steps that one request to the server has tested: certificate, API and clock. */
function serverSteps(found: ServerCheck, isConnected: boolean): readonly StepResult[] {
  if (!found.isReached) {
    return [
      step('certificate', 'skipped'),
      unreachedStep(found.failure, isConnected),
      step('clock', 'skipped'),
    ]
  }
  const minutes = Math.round(Math.abs(found.clockAheadMs) / 60_000)
  if (found.certificate === 'untrusted') {
    return [step('certificate', 'bad', {}, found.failure), step('api', 'skipped'), step('clock', 'skipped')]
  }
  const isOff = Math.abs(found.clockAheadMs) > clockIsOffMs
  return [
    step('certificate', found.certificate === 'none' ? 'skipped' : 'good'),
    found.isApi ? step('api', 'good') : step('api', 'bad', { why: 'other' }, found.failure),
    step('clock', isOff ? 'bad' : 'good', { minutes }),
  ]
}

/** The earlier steps show where the connection fails, so that only other failures are reported here. */
function unreachedStep(reason: Failure | null, isConnected: boolean): StepResult {
  if (!isConnected && (reason === null || isConnectivityFailure(reason))) return step('api', 'skipped')
  if (reason?.code === 'connection-lost') return step('api', 'bad', { why: 'silent' })
  return step('api', 'bad', { why: 'other' }, reason)
}

function signInStep({ accounts }: SessionView, isApi: boolean, refused: Failure | null): StepResult {
  if (isApi && refused) return step('sign-in', 'bad', { count: 1 }, refused)
  if (accounts.length === 0 || !isApi) return step('sign-in', 'skipped')
  const ready = accounts.filter(({ state }) => state === 'ready').length
  return ready === accounts.length
    ? step('sign-in', 'good', { count: ready })
    : step('sign-in', 'bad', { count: accounts.length - ready }, failure('signed-out'))
}
