import {
  Agent as HttpAgent,
  request as httpRequest,
  type AgentOptions,
  type ClientRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { networkCodeOf } from '../contract/line-failure.ts'
import { proxyCodeIn, proxyCodes } from '../contract/ways.ts'

/** What a request says of itself, but for where it goes. */
export type Asked = Pick<RequestOptions, 'method' | 'path' | 'headers' | 'setHost' | 'signal'>

/** Opens requests, straight or by a proxy, and keeps their connections: one pool for each way. */
export interface Opener {
  /** `url` says where to; the path is `asked.path` to the letter, since it may be signed. `proxy` is a URL with its login. */
  open(url: URL, asked: Asked, proxy: string | null): ClientRequest
}

/**
 * An opener with connections of its own. Node itself tunnels https by CONNECT and asks http by the whole address
 * (nodejs.org/api/http.html, "Built-in Proxy Support"); SOCKS comes from socks-proxy-agent.
 */
export function createOpener(connections: AgentOptions): Opener {
  const pools = new Map<string, HttpAgent>()

  function poolFor(isSecure: boolean, proxy: string | null): HttpAgent {
    const name = `${isSecure ? 'https' : 'http'} ${proxy ?? 'straight'}`
    const pool = pools.get(name) ?? makePool(isSecure, proxy, connections)
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

function makePool(isSecure: boolean, proxy: string | null, connections: AgentOptions): HttpAgent {
  if (proxy?.startsWith('socks')) return new SocksProxyAgent(proxy, connections)
  // An empty environment, not none: a variable around the process is for whoever chose the way to read.
  const proxyEnv = proxy === null ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }
  return isSecure ? new HttpsAgent({ ...connections, proxyEnv }) : new HttpAgent({ ...connections, proxyEnv })
}

/** What keeps a connection from being made at all. By a proxy the only one that is made is the one to it. */
const unmade: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])

/** The code of a thrown network error; by a proxy one of `proxyCodes` where it kept the request from its server. */
export function codeOf(error: unknown, proxy: string | null): string {
  const code = networkCodeOf(error)
  if (proxy === null) return code
  if (unmade.has(code)) return proxyCodes.unreachable
  if (code === 'ERR_PROXY_TUNNEL') {
    const { statusCode } = error as { readonly statusCode?: number }
    return statusCode === 407 ? proxyCodes.signIn : proxyCodes.trouble
  }
  return proxy.startsWith('socks') && code === 'unknown' ? socksCode(error) : code
}

/** The `socks` package tells its troubles in words alone (its src/common/constants.ts). */
function socksCode(error: unknown): string {
  const words = error instanceof Error ? error.message : ''
  if (/authentication/i.test(words)) return proxyCodes.signIn
  return /socks|proxy|socket closed/i.test(words) ? proxyCodes.trouble : 'unknown'
}

/**
 * Whether an answer is a proxy's own: it wants a login before it passes an http request on (RFC 9110, 15.5.8). Through a tunnel,
 * by CONNECT or SOCKS, only the server answers, and must not bring anybody to type a login.
 */
export function isProxyQuestion(status: number | undefined, url: URL, proxy: string | null): boolean {
  return status === 407 && url.protocol === 'http:' && proxy !== null && !proxy.startsWith('socks')
}

/** Host and port of the proxy that `code` blames, or null. */
export function hostOfProxy(code: string, proxy: string | null): string | null {
  return proxy !== null && proxyCodeIn(code) !== null ? new URL(proxy).host : null
}
