import {
  Agent as HttpAgent,
  request as httpRequest,
  type AgentOptions,
  type ClientRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setDefaultAutoSelectFamilyAttemptTimeout, type Socket } from 'node:net'
import process from 'node:process'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { networkErrorCode } from './network-failures.ts'
import { proxyCodeIn, proxyCodes } from './proxy-resolver.ts'

/** The options of a request without its target. */
type RequestParts = Pick<RequestOptions, 'method' | 'path' | 'headers' | 'setHost' | 'signal'>

/** Opens requests, directly or through a proxy, and keeps their connections: one pool for each proxy. */
interface RequestOpener {
  /**
   * Uses `parts.path` unchanged in place of the URL's path, since it may be signed. `proxy` is a URL with its
   * login.
   */
  open(url: URL, parts: RequestParts, proxy: string | null): ClientRequest
}

/**
 * How long each address of a name is tried before the next. Node's default of 250 ms is less than a handshake
 * takes on a slow connection: with IPv4 and IPv6 addresses and only one of them reachable, no connection
 * would be made at all.
 */
const attemptMs = 3_000
/** A proxy that has not accepted a connection by then counts as unreachable. */
const proxyConnectMs = 10_000
/** Time for a proxy to reach the server. */
const tunnelMs = 30_000
/** Servers send at most a few, such as one `102 Processing` every 20 s (RFC 2518, 10.1). */
const maxInterimResponses = 100

/**
 * An opener with its own connections. Node sends https through CONNECT and http with the absolute URL
 * (nodejs.org/api/http.html, "Built-in Proxy Support"); SOCKS comes from socks-proxy-agent. A proxy that
 * accepts no connection `withinMs` is unreachable. `connections.lookup` resolves the names of servers for
 * direct connections, and for `socks4:` and `socks5:`; other proxies resolve them themselves.
 */
export function createRequestOpener(connections: AgentOptions, withinMs = proxyConnectMs): RequestOpener {
  const pools = new Map<string, HttpAgent>()
  // Node would resolve the proxy's own name with it, and the proxy may be on this computer.
  const { lookup: _lookup, ...proxyConnections } = connections
  // Set for the whole thread, since an agent's options do not apply to its connections to a proxy.
  setDefaultAutoSelectFamilyAttemptTimeout(attemptMs)
  // `0` would accept every certificate. `rejectUnauthorized` overrides it, but not for an https proxy, whose
  // connection Node opens with options of its own.
  Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED')

  function makePool(isSecure: boolean, proxy: string | null): HttpAgent {
    if (proxy?.startsWith('socks')) return makeSocksPool(proxy, connections)
    // An empty object, so that Node does not read the environment variables, which the proxy resolver
    // handles.
    const proxyEnv = proxy === null ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }
    const options = { ...(proxy === null ? connections : proxyConnections), proxyEnv }
    const pool = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
    if (proxy !== null) limitConnecting(pool, proxy, withinMs)
    return pool
  }

  function poolFor(isSecure: boolean, proxy: string | null): HttpAgent {
    const name = `${isSecure ? 'https' : 'http'} ${proxy ?? 'direct'}`
    const pool = pools.get(name) ?? makePool(isSecure, proxy)
    pools.set(name, pool)
    return pool
  }

  return {
    open({ protocol, hostname, port }, parts, proxy) {
      const isSecure = protocol === 'https:'
      const options = {
        ...parts,
        // Without it, agent-base recognises https by the call stack, which a queued request has lost.
        protocol,
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? undefined : Number(port),
        agent: poolFor(isSecure, proxy),
        rejectUnauthorized: true,
      }
      return limitInterimResponses(isSecure ? httpsRequest(options) : httpRequest(options))
    },
  }
}

/** Ends a request whose server keeps it busy with interim responses (1xx) and never responds. */
function limitInterimResponses(request: ClientRequest): ClientRequest {
  let count = 0
  return request.on('information', () => {
    count += 1
    if (count > maxInterimResponses)
      request.destroy(Object.assign(new Error('too many interim responses'), { code: 'RESPONSE_TOO_LONG' }))
  })
}

/** The idle timeout is only for Node's own pool: the package would apply it to active connections too. */
function makeSocksPool(proxy: string, connections: AgentOptions): HttpAgent {
  const pool = new SocksProxyAgent(proxy, connections)
  pool.timeout = null
  return pool
}

/** Gives up on a proxy that does not respond, so that another one can be tried. */
function limitConnecting(pool: HttpAgent, proxy: string, withinMs: number): void {
  const create = pool.createConnection.bind(pool)
  const open = proxy.startsWith('https:') ? 'secureConnect' : 'connect'
  pool.createConnection = (options, callback) => {
    // Otherwise the pool's idle timeout would apply to the tunnel, which is too short for a distant server.
    const socket = create({ ...options, timeout: tunnelMs }, callback) as Socket
    const late = Object.assign(new Error('the proxy takes no connection'), { code: proxyCodes.unreachable })
    const timer = setTimeout(() => socket.destroy(late), withinMs)
    const over = () => clearTimeout(timer)
    socket.once(open, over).once('close', over)
    return socket
  }
}

/** Codes of failed connections. With a proxy the only connection is the one to the proxy. */
const connectCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])

/**
 * Statuses with which a proxy refuses a CONNECT by its rules, so that a retry is useless (RFC 9110, 15.5.4,
 * 15.5.6; RFC 7725).
 */
const refusals: ReadonlySet<number> = new Set([403, 405, 451])

/** The code of a thrown network error; one of `proxyCodes` if the request failed at the proxy. */
export function requestErrorCode(error: unknown, proxy: string | null): string {
  const code = networkErrorCode(error)
  if (proxy === null) return code
  if (connectCodes.has(code)) return proxyCodes.unreachable
  if (code === 'ERR_PROXY_TUNNEL') {
    const { statusCode } = error as { readonly statusCode?: number }
    if (statusCode === 407) return proxyCodes.signIn
    return refusals.has(statusCode ?? 0) ? `${proxyCodes.refused} ${statusCode}` : proxyCodes.trouble
  }
  return proxy.startsWith('socks') && code === 'unknown' ? socksCode(error) : code
}

/** The `socks` package has messages but no codes (its src/common/constants.ts). */
function socksCode(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/authentication/i.test(message)) return proxyCodes.signIn
  if (/timed out/i.test(message)) return proxyCodes.unreachable
  return /socks|proxy|socket closed/i.test(message) ? proxyCodes.trouble : 'unknown'
}

/**
 * Whether a response comes from a proxy that requires a login for an http request (RFC 9110, 15.5.8). Through
 * a tunnel, by CONNECT or SOCKS, only the server responds, and must not make the user enter a login.
 */
export function isProxyAuthRequired(status: number | undefined, url: URL, proxy: string | null): boolean {
  return status === 407 && url.protocol === 'http:' && proxy !== null && !proxy.startsWith('socks')
}

/** Host and port of the proxy if `code` is one of `proxyCodes`, else null. */
export function proxyHostOf(code: string, proxy: string | null): string | null {
  return proxy !== null && proxyCodeIn(code) !== null ? (URL.parse(proxy)?.host ?? null) : null
}
