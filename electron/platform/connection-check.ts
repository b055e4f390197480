import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import type { ConnectionCheck, ConnectionStep, StepResult } from '../contract/diagnostics.ts'
import { isConnectivityFailure, failure, type Failure, type Result } from '../contract/failures.ts'
import { clockIsOffMs, type ServerCheck } from '../contract/servers.ts'
import type { SessionView } from '../contract/account.ts'

// Nothing of Electron is imported here: the command line looks at the connection by this same file.

/** A name or a port that says nothing for so long is taken for silent. */
const waitMs = 8_000

export interface ConnectionCheckOptions {
  readonly server: string
  readonly askServer: () => Promise<Result<ServerCheck>>
  readonly session: () => SessionView
  /** Why a token from outside is none that holds, where one was given. */
  readonly refused?: Failure | null
  /** Asks the server whether the sign-ins still hold. */
  readonly confirmSignIns?: () => Promise<void>
  readonly onProgress: (check: ConnectionCheck) => void
}

/** Looks at the way to the server step by step, and tells of each. What can't be tried is skipped, and said to be. */
export async function checkConnection(world: ConnectionCheckOptions): Promise<ConnectionCheck> {
  const { hostname, port, protocol } = new URL(world.server)
  const host = hostname.replace(/^\[|\]$/g, '')
  let check: ConnectionCheck = { host, results: [], isOver: false }
  function add(...results: readonly StepResult[]): void {
    check = { ...check, results: [...check.results, ...results] }
    world.onProgress(check)
  }

  world.onProgress(check)
  const asked = world.askServer()
  const server = await asked
  const found = server.ok ? server.value : null
  const proxy = found?.proxy ?? null
  // By a proxy the server's name is the proxy's to find, and the only connection is the one to it.
  const nearest = proxy === null ? { host, port: Number(port) || defaultPort(protocol) } : nearestOf(proxy)
  const names = await addressesOf(nearest.host)
  add(
    names.length > 0
      ? step('name', 'good', { host: nearest.host, address: names[0] ?? '' })
      : step('name', 'bad', { host: nearest.host }, failure('name-not-found', { host: nearest.host })),
    step('proxy', proxy === null ? 'skipped' : 'good', { proxy: proxy ?? '' }),
  )
  const connectedMs = names.length > 0 ? await connectTo(nearest) : null
  add(
    connectedMs === null
      ? step('connect', names.length > 0 ? 'bad' : 'skipped', nearest)
      : step('connect', 'good', { ...nearest, ms: Math.max(1, Math.round(connectedMs)) }),
  )
  add(...aboutServer(found, server.ok ? null : server.failure, connectedMs !== null))
  if (found?.isApi) await world.confirmSignIns?.()
  add(signInStep(world.session(), found?.isApi === true, world.refused ?? null))
  check = { ...check, isOver: true }
  world.onProgress(check)
  return check
}

const step = (
  name: ConnectionStep,
  outcome: StepResult['outcome'],
  params: StepResult['params'] = {},
  reason: Failure | null = null,
): StepResult => ({ step: name, outcome, params, failure: reason })

const defaultPort = (protocol: string) => (protocol === 'http:' ? 80 : 443)

function nearestOf(proxy: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(proxy)
  return {
    host: hostname,
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

/** How long a connection takes, in ms; null when none is made. */
async function connectTo({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<number | null> {
  const begun = performance.now()
  const { promise, resolve } = Promise.withResolvers<number | null>()
  const socket = connect({ host, port, timeout: waitMs })
  socket.once('connect', () => resolve(performance.now() - begun))
  socket.once('timeout', () => resolve(null))
  socket.once('error', () => resolve(null))
  const answer = await promise
  socket.destroy()
  return answer
}

/** What one request to the server has shown of its certificate, of what it speaks, and of the clocks. */
function aboutServer(
  found: ServerCheck | null,
  unasked: Failure | null,
  isConnected: boolean,
): readonly StepResult[] {
  if (found === null || !found.isReached) {
    return [
      step('certificate', 'skipped'),
      unreached(found?.failure ?? unasked, isConnected),
      step('clock', 'skipped'),
    ]
  }
  const minutes = Math.round(Math.abs(found.clockAheadMs) / 60_000)
  const certificate =
    found.certificate === 'none'
      ? step('certificate', 'skipped')
      : found.certificate === 'trusted'
        ? step('certificate', 'good')
        : step('certificate', 'bad', {}, found.failure)
  if (found.certificate === 'untrusted')
    return [certificate, step('api', 'skipped'), step('clock', 'skipped')]
  const isOff = Math.abs(found.clockAheadMs) > clockIsOffMs
  return [
    certificate,
    found.isApi ? step('api', 'good') : step('api', 'bad', { why: 'other' }, found.failure),
    step('clock', isOff ? 'bad' : 'good', { minutes }),
  ]
}

/** The steps before have said where the way ends; what a dropped line means for uploads is no answer to how the server is. */
function unreached(reason: Failure | null, isConnected: boolean): StepResult {
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
