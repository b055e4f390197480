import {
  Agent as HttpAgent,
  request as httpRequest,
  type AgentOptions,
  type ClientRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setDefaultAutoSelectFamilyAttemptTimeout, type Socket } from 'node:net'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { networkErrorCode } from './network-failures.ts'
import { proxyCodeIn, proxyCodes } from './proxy-resolver.ts'

/** What a request says of itself, but for where it goes. */
export type RequestParts = Pick<RequestOptions, 'method' | 'path' | 'headers' | 'setHost' | 'signal'>

/** Opens requests, straight or by a proxy, and keeps their connections: one pool for each way. */
export interface RequestOpener {
  /** `url` says where to; the path is `asked.path` to the letter, since it may be signed. `proxy` is a URL with its login. */
  open(url: URL, asked: RequestParts, proxy: string | null): ClientRequest
}

/**
 * So long each address of a name is tried before the next, in ms. Node's own 250 are less than a handshake takes on a slow
 * line: with addresses of both families and a line for one of them, no connection at all would be made.
 */
const attemptMs = 3_000
/** A proxy that has not taken a connection by then is not there, in ms. */
const proxyConnectMs = 10_000
/** A proxy that has one has so long to reach the server behind it, in ms. */
const tunnelMs = 30_000

/**
 * An opener with connections of its own. Node itself tunnels https by CONNECT and asks http by the whole address
 * (nodejs.org/api/http.html, "Built-in Proxy Support"); SOCKS comes from socks-proxy-agent. A proxy takes a connection
 * `withinMs`, or counts as not there.
 */
export function createRequestOpener(connections: AgentOptions, withinMs = proxyConnectMs): RequestOpener {
  const pools = new Map<string, HttpAgent>()
  // For the whole thread, since what an agent is told does not reach its connections to a proxy.
  setDefaultAutoSelectFamilyAttemptTimeout(attemptMs)

  function makePool(isSecure: boolean, proxy: string | null): HttpAgent {
    if (proxy?.startsWith('socks')) return makeSocksPool(proxy, connections)
    // An empty environment, not none: a variable around the process is for whoever chose the way to read.
    const proxyEnv = proxy === null ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }
    const options = { ...connections, proxyEnv }
    const pool = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
    if (proxy !== null) limitConnecting(pool, proxy, withinMs)
    return pool
  }

  function poolFor(isSecure: boolean, proxy: string | null): HttpAgent {
    const name = `${isSecure ? 'https' : 'http'} ${proxy ?? 'straight'}`
    const pool = pools.get(name) ?? makePool(isSecure, proxy)
    pools.set(name, pool)
    return pool
  }

  return {
    open({ protocol, hostname, port }, asked, proxy) {
      const isSecure = protocol === 'https:'
      const options = {
        ...asked,
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? undefined : Number(port),
        agent: poolFor(isSecure, proxy),
      }
      return isSecure ? httpsRequest(options) : httpRequest(options)
    },
  }
}

/** The time for idle connections is for Node's own pool alone: the package would cut whatever is silent for so long. */
function makeSocksPool(proxy: string, connections: AgentOptions): HttpAgent {
  const pool = new SocksProxyAgent(proxy, connections)
  pool.timeout = null
  return pool
}

/** Gives up a proxy that swallows what is sent to it, so that another way can be tried. */
function limitConnecting(pool: HttpAgent, proxy: string, withinMs: number): void {
  const create = pool.createConnection.bind(pool)
  const open = proxy.startsWith('https:') ? 'secureConnect' : 'connect'
  pool.createConnection = (options, callback) => {
    // The pool's time for idle connections would be one for the tunnel, too short for a server that is far away.
    const socket = create({ ...options, timeout: tunnelMs }, callback) as Socket
    const late = Object.assign(new Error('the proxy takes no connection'), { code: proxyCodes.unreachable })
    const timer = setTimeout(() => socket.destroy(late), withinMs)
    const over = () => clearTimeout(timer)
    socket.once(open, over).once('close', over)
    return socket
  }
}

/** What keeps a connection from being made at all. By a proxy the only one that is made is the one to it. */
const unmade: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])

/** Of a CONNECT: a rule of the proxy's, which the next try meets as well (RFC 9110, 15.5.4 and 15.5.6; RFC 7725). */
const refusals: ReadonlySet<number> = new Set([403, 405, 451])

/** The code of a thrown network error; by a proxy one of `proxyCodes` where it kept the request from its server. */
export function requestErrorCode(error: unknown, proxy: string | null): string {
  const code = networkErrorCode(error)
  if (proxy === null) return code
  if (unmade.has(code)) return proxyCodes.unreachable
  if (code === 'ERR_PROXY_TUNNEL') {
    const { statusCode } = error as { readonly statusCode?: number }
    if (statusCode === 407) return proxyCodes.signIn
    return refusals.has(statusCode ?? 0) ? `${proxyCodes.refused} ${statusCode}` : proxyCodes.trouble
  }
  return proxy.startsWith('socks') && code === 'unknown' ? socksCode(error) : code
}

/** The `socks` package tells its troubles in words alone (its src/common/constants.ts). */
function socksCode(error: unknown): string {
  const words = error instanceof Error ? error.message : ''
  if (/authentication/i.test(words)) return proxyCodes.signIn
  if (/timed out/i.test(words)) return proxyCodes.unreachable
  return /socks|proxy|socket closed/i.test(words) ? proxyCodes.trouble : 'unknown'
}

/**
 * Whether an answer is a proxy's own: it wants a login before it passes an http request on (RFC 9110, 15.5.8). Through a tunnel,
 * by CONNECT or SOCKS, only the server answers, and must not bring anybody to type a login.
 */
export function isProxyAuthRequired(status: number | undefined, url: URL, proxy: string | null): boolean {
  return status === 407 && url.protocol === 'http:' && proxy !== null && !proxy.startsWith('socks')
}

/** Host and port of the proxy that `code` blames, or null. */
export function proxyHostOf(code: string, proxy: string | null): string | null {
  return proxy !== null && proxyCodeIn(code) !== null ? new URL(proxy).host : null
}
