import { Agent as HttpAgent, request as httpRequest, type ClientRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

// Connections are kept between PUTs, so that a file of many parts pays for TLS once. Each thread has its own.
const keepAlive = {
  keepAlive: true,
  keepAliveMsecs: 30_000,
  maxSockets: Infinity,
  scheduling: 'lifo',
} as const
const httpAgent = new HttpAgent(keepAlive)
const httpsAgent = new HttpsAgent(keepAlive)

/**
 * Opens the PUT of exactly `lengthBytes` bytes. The target is taken from the URL's own text, since the query carries the
 * signature and must not be re-encoded; only the signed headers are added, and nothing that names the person. `announced`
 * asks storage whether it wants the body (see announcing.ts).
 */
export function openPut(
  url: string,
  lengthBytes: number,
  signedHeaders: Readonly<Record<string, string>>,
  announced: boolean,
): ClientRequest {
  const { protocol, hostname, port, origin } = new URL(url)
  const secure = protocol === 'https:'
  const headers: Record<string, string> = { ...signedHeaders }
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-length')) {
    headers['Content-Length'] = String(lengthBytes)
  }
  if (announced) headers['Expect'] = '100-continue'
  const options = {
    method: 'PUT',
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port),
    path: targetOf(url, origin),
    headers,
    setHost: !Object.keys(headers).some((name) => name.toLowerCase() === 'host'),
  }
  return secure
    ? httpsRequest({ ...options, agent: httpsAgent })
    : httpRequest({ ...options, agent: httpAgent })
}

/** Path and query as they were signed. */
function targetOf(url: string, origin: string): string {
  const rest = url.slice(url.indexOf('//') + 2)
  const slash = rest.search(/[/?]/)
  if (slash < 0) return '/'
  const target = rest.slice(slash).replace(/#.*$/, '')
  return origin !== '' && target.startsWith('?') ? `/${target}` : target
}
